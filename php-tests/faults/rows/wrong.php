<?php
/** Rows that are wrong on purpose, each at another fault: harness.phpt expects all to be found. */

declare(strict_types=1);

namespace Tusk\Tests\Faults;

require_once __DIR__ . '/../harness/faults.php';

$tusk = extension_loaded('tusk');

return [
    few_descriptors('another failure', static fn (): mixed => @fopen('/dev/null', 'r') ? 'opened' : ($tusk ? 'failed' : 'refused'), 0),
    few_descriptors('a descriptor left open', static function () use ($tusk): string {
        static $kept = [];
        if ($tusk && ($one = @fopen('/dev/null', 'r'))) {
            $kept[] = $one;
        }
        return 'done';
    }, 1),
    through_proxy('another answer', static fn (int $port): mixed => $tusk, '127.0.0.1:1', 'server', 1),
    crowd('one of many fails', static fn (mixed $context, int $n): mixed => $tusk && $n === 7 ? throw new \LogicException('full', 7) : true, 20),
    forked('a child that gets something else', static fn (): mixed => $tusk),
];
