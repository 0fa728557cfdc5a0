<?php
/**
 * Prepended to php-src's tests: a coroutine that wakes every millisecond, so that every
 * hook is on and every wait of the test really gives way. It ends with the test: once
 * coroutine 0 is in the shutdown function that waits for the rest, that is this one.
 */

namespace Tusk\Tests;

if (PHP_SAPI !== 'cli') {
    // Tests of php-cgi: there are no coroutines, and Tusk only has to keep out of the way.
    require __DIR__ . '/as-many-objects.php';
    return;
}

\Tusk\go(static function (): void {
    do {
        \Tusk\sleep(0.001);
        $main = \Tusk\Coroutine::all()[0]->getTrace();
    } while (($main[0]['function'] ?? '') !== 'tusk shutdown');
});
