<?php
/** What is built on coroutines: channels, select, locks, contexts, scopes. */

declare(strict_types=1);

namespace Bench;

use Fiber;
use Tusk\{Channel, Context, Mutex, Once, Scope, Semaphore};

require __DIR__ . '/lib/measure.php';

$nothing = static function (): void {
};

$spawn = best_of([
    'fiber' => static function (int $n) use ($nothing): void {
        for ($i = 0; $i < $n; $i++) {
            (new Fiber($nothing))->start();
        }
    },
    'go and join' => static function (int $n) use ($nothing): void {
        for ($i = 0; $i < $n; $i++) {
            \Tusk\go($nothing)->join();
        }
    },
    'go with a context' => static function (int $n) use ($nothing): void {
        Context::with(['user' => 'ann', 'trace' => 'x'], static function () use ($n, $nothing): void {
            for ($i = 0; $i < $n; $i++) {
                \Tusk\go($nothing)->join();
            }
        });
    },
    'a scope of ten' => static function (int $n) use ($nothing): void {
        for ($i = 0; $i < $n; $i += 10) {
            Scope::run(static function (Scope $scope) use ($nothing): void {
                for ($member = 0; $member < 10; $member++) {
                    $scope->go($nothing);
                }
            });
        }
    },
    'parallel of ten' => static function (int $n) use ($nothing): void {
        $ten = array_fill(0, 10, $nothing);
        for ($i = 0; $i < $n; $i += 10) {
            \Tusk\parallel($ten);
        }
    },
], 20_000);

echo "## Spawn and finish\n\n";
note('new Fiber, start to end', sprintf('%.0f ns', $spawn['fiber']));
check('Tusk\go and join, one at a time', $spawn['go and join'], 600, 'ns');
note('the same, inheriting a context of two values', sprintf('%.0f ns', $spawn['go with a context']));
note('Scope::run with ten members, each', sprintf('%.0f ns', $spawn['a scope of ten']));
note('Tusk\parallel of ten, each', sprintf('%.0f ns', $spawn['parallel of ten']));

/** n items from one coroutine to another, taken by `$take`. */
function items(int $capacity, callable $take): callable
{
    return static function (int $n) use ($capacity, $take): void {
        $channel = new Channel($capacity);
        \Tusk\go(static function () use ($channel, $n): void {
            for ($i = 0; $i < $n; $i++) {
                $channel->send($i);
            }
        });
        \Tusk\go(static fn () => $take($channel, $n))->join();
    };
}

$receive = static function (Channel $channel, int $n): void {
    for ($i = 0; $i < $n; $i++) {
        $channel->receive();
    }
};
$select = static function (Channel $channel, int $n): void {
    $cases = [$channel, new Channel()];
    for ($i = 0; $i < $n; $i++) {
        Channel::select($cases);
    }
};
$loop = static function (Channel $channel, int $n): void {
    foreach ($channel as $key => $_) {
        if ($key + 1 === $n) {
            return;
        }
    }
};
$item = best_of([
    'one' => items(1, $receive),
    'unbuffered' => items(0, $receive),
    'foreach' => items(1, $loop),
    'select' => items(0, $select),
], 100_000);

echo "\n## Channel, each item sent and received\n\n";
check('capacity 1', $item['one'], 220, 'ns');
note('capacity 0', sprintf('%.0f ns', $item['unbuffered']));
note('capacity 1, foreach', sprintf('%.0f ns', $item['foreach']));
note('select of two channels of capacity 0', sprintf('%.0f ns', $item['select']));

[$mutex, $semaphore, $once] = [new Mutex(), new Semaphore(2), new Once(static fn () => 1)];
$once->get();
Context::set('user', 'ann');
$lock = best_of([
    'method' => static function (int $n) use ($mutex): void {
        for ($i = 0; $i < $n; $i++) {
            $mutex->isLocked();
        }
    },
    'mutex' => static function (int $n) use ($mutex): void {
        for ($i = 0; $i < $n; $i++) {
            $mutex->lock();
            $mutex->unlock();
        }
    },
    'semaphore' => static function (int $n) use ($semaphore): void {
        for ($i = 0; $i < $n; $i++) {
            $semaphore->acquire();
            $semaphore->release();
        }
    },
    'once' => static function (int $n) use ($once): void {
        for ($i = 0; $i < $n; $i++) {
            $once->get();
        }
    },
    'context' => static function (int $n): void {
        for ($i = 0; $i < $n; $i++) {
            Context::get('user');
        }
    },
    'contended' => static function (int $n) use ($mutex): void {
        $user = static function () use ($mutex, $n): void {
            for ($i = 0; $i < $n / 2; $i++) {
                $mutex->lock();
                \Tusk\sleep(0.0);
                $mutex->unlock();
            }
        };
        $other = \Tusk\go($user);
        \Tusk\go($user)->join();
        $other->join();
    },
], 200_000);

echo "\n## Without waiting\n\n";
note('a method that does nothing', sprintf('%.0f ns', $lock['method']));
note('Mutex, lock and unlock', sprintf('%.0f ns', $lock['mutex']));
note('Semaphore, acquire and release', sprintf('%.0f ns', $lock['semaphore']));
note('Once::get, made already', sprintf('%.0f ns', $lock['once']));
note('Context::get', sprintf('%.0f ns', $lock['context']));
echo "\n## Waiting\n\n";
note('Mutex, handed to another and back, with a Tusk\sleep(0) inside', sprintf('%.0f ns', $lock['contended']));
