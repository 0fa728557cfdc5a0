<?php
/** Spawning, switching and channels, against PHP's own Fiber in the same run. */

declare(strict_types=1);

namespace Bench;

use Fiber;
use Tusk\Channel;

require __DIR__ . '/lib/measure.php';

$nothing = static function (): void {
};

/* Both sides make an object, run an empty function to its end and let the object go. */
$spawn = best_of([
    'fiber' => static function (int $n) use ($nothing): void {
        for ($i = 0; $i < $n; $i++) {
            $fiber = new Fiber($nothing);
            $fiber->start();
        }
    },
    'one at a time' => static function (int $n) use ($nothing): void {
        for ($i = 0; $i < $n; $i++) {
            $coroutine = \Tusk\go($nothing);
            $coroutine->join();
        }
    },
    'burst' => static function (int $n) use ($nothing): void {
        for ($done = 0; $done < $n; $done += 1000) {
            for ($i = 0; $i < 1000; $i++) {
                $last = \Tusk\go($nothing);
            }
            // They run in the order they were spawned in.
            $last->join();
        }
    },
], 20_000);

echo "## Spawn and finish\n\n";
note('new Fiber, start to end', sprintf('%.0f ns', $spawn['fiber']));
note('Tusk\go in bursts of 1,000', sprintf('%.0f ns, 1/%.1f of a Fiber', $spawn['burst'], $spawn['fiber'] / $spawn['burst']));
note('Tusk\go and join, one at a time', sprintf('%.0f ns, 1/%.1f of a Fiber', $spawn['one at a time'], $spawn['fiber'] / $spawn['one at a time']));
check('times cheaper than a Fiber, in bursts', $spawn['fiber'] / $spawn['burst'], 30, atLeast: true, aim: 40);

/** Some of the same coroutines give way to each other: one call from PHP a switch. */
function give_way(int $among): callable
{
    return static function (int $n) use ($among): void {
        $body = static function () use ($n, $among): void {
            for ($i = 0; $i < $n / $among; $i++) {
                \Tusk\sleep(0.0);
            }
        };
        for ($i = 0; $i < $among; $i++) {
            $last = \Tusk\go($body);
        }
        $last->join();
    };
}

$switch = best_of([
    // A resume and a suspend are two switches, each in one call from PHP.
    'fiber' => static function (int $n): void {
        $fiber = new Fiber(static function () use ($n): void {
            for ($i = 0; $i < $n / 2; $i++) {
                Fiber::suspend();
            }
        });
        $fiber->start();
        for ($i = 0; $i < $n / 2; $i++) {
            $fiber->resume();
        }
    },
    'two' => give_way(2),
    'thousand' => give_way(1000),
], 400_000);

echo "\n## Switch\n\n";
note('raw Fiber', sprintf('%.1f ns', $switch['fiber']));
note('Tusk\sleep(0) between two coroutines', sprintf('%.1f ns', $switch['two']));
note('Tusk\sleep(0) among a thousand (cache misses)', sprintf('%.1f ns', $switch['thousand']));
check('switch between two, in raw Fiber switches', $switch['two'] / $switch['fiber'], 1.0);

/** n items from one coroutine to another. */
function channel(int $capacity): callable
{
    return static function (int $n) use ($capacity): void {
        $channel = new Channel($capacity);
        \Tusk\go(static function () use ($channel, $n): void {
            for ($i = 0; $i < $n; $i++) {
                $channel->send($i);
            }
        });
        \Tusk\go(static function () use ($channel, $n): void {
            for ($i = 0; $i < $n; $i++) {
                $channel->receive();
            }
        })->join();
    };
}

$item = best_of(['one' => channel(1), 'unbuffered' => channel(0), 'hundred' => channel(100)], 200_000);

echo "\n## Channel, each item sent and received\n\n";
note('capacity 0', sprintf('%.0f ns', $item['unbuffered']));
note('capacity 100', sprintf('%.0f ns', $item['hundred']));
check('capacity 1, in raw Fiber switches', $item['one'] / $switch['fiber'], 3.0);
check('capacity 1', $item['one'], 3.0 * $switch['fiber'], 'ns', aim: 110);
