<?php
/**
 * Prepended to php-src's tests: a coroutine that wakes every millisecond, so that every
 * hook is on and every wait of the test really gives way. It ends with the test.
 */

namespace Tusk\Tests;

(static function (): void {
    $beside = \Tusk\go(static function (): void {
        while (true) {
            \Tusk\sleep(0.001);
        }
    });
    register_shutdown_function($beside->cancel(...));
})();
