<?php
/**
 * Prepended to php-src's tests, also to those without Tusk, where it does nothing. With it, a coroutine that wakes every millisecond, so that every
 * hook is on and every wait of the test really gives way. It ends with the test: once
 * coroutine 0 is in the shutdown function that waits for the rest, that is this one.
 */

namespace Tusk\Tests;

/** The objects that are made below get high numbers, so that a test prints those of its own as it would alone. */
const RESERVED = 1000;

function beside(): void
{
    static $kept;
    $reserved = [];
    for ($n = 0; $n < RESERVED; $n++) {
        $reserved[] = static fn () => null;
    }
    $ticker = \Tusk\go(static function (): void {
        do {
            \Tusk\sleep(0.001);
            $main = \Tusk\Coroutine::all()[0]->getTrace();
        } while (($main[0]['function'] ?? '') !== 'tusk shutdown');
    });
    $kept = [$ticker, ...\Tusk\Coroutine::all()];
    \Tusk\sleep(0); // It begins.
    // The number that was given back last is the next to be used.
    while ($reserved) {
        array_pop($reserved);
    }
}

// Tests of php-cgi: there are no coroutines, and Tusk only has to keep out of the way.
if (PHP_SAPI === 'cli' && extension_loaded('tusk')) {
    beside();
}
