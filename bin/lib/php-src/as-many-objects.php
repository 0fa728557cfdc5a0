<?php
/**
 * Prepended where php-src's tests run without Tusk, for comparison with beside.php: that
 * keeps two objects, and tests print the numbers of theirs.
 */

namespace Tusk\Tests;

function kept_objects(): void
{
    static $kept = [];
    $kept = [new \stdClass(), new \stdClass()];
}

kept_objects();
