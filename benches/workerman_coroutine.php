<?php
/** workerman/coroutine's API on Tusk's drivers: what a user of that package pays. */

declare(strict_types=1);

namespace Bench;

use Workerman\Coroutine;
use Workerman\Coroutine\Channel;

require __DIR__ . '/lib/measure.php';
require_once __DIR__ . '/../php/autoload.php';

if (!\Tusk\Autoload\package('workerman/workerman')) {
    fwrite(STDERR, "The package workerman/workerman is neither in vendor/ nor in \$TUSK_PEERS\n");
    exit(1);
}
require __DIR__ . '/../php/coroutine.php';

// In a coroutine, as all of a worker's code is.
$times = \Tusk\run(static function (): array {
    $nothing = static function (): void {
    };
    return best_of([
        'create' => static function (int $n) use ($nothing): void {
            for ($i = 0; $i < $n; $i++) {
                Coroutine::create($nothing);
            }
        },
        'channel' => static function (int $n): void {
            $channel = new Channel(1);
            Coroutine::create(static function () use ($channel, $n): void {
                for ($i = 0; $i < $n; $i++) {
                    $channel->push($i);
                }
            });
            for ($i = 0; $i < $n; $i++) {
                $channel->pop();
            }
        },
    ], 100_000);
});

echo "## Through workerman/coroutine\n\n";
check('Coroutine::create() of an empty function, to its end', $times['create'], 600, unit: 'ns');
check('Channel(1), each item pushed and popped', $times['channel'], 220, unit: 'ns');
note('Swoole by the same API', '880 ns and 357 ns (measured elsewhere)');
