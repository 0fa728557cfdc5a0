<?php
/**
 * Pools: what taking and giving back costs, how long a thousand wait on eight, Tusk\Pool\Pdo against bare
 * PDO under the hooks with a connection for each coroutine, and Tusk\Pool\Redis' pipelines against a
 * phpredis connection for each coroutine.
 *
 * Bounds: 300 ns; longest wait at most twice the median; 0.95 of bare PDO. Redis has none: the figure
 * says what travelling together is worth.
 */

declare(strict_types=1);

require_once __DIR__ . '/../php/autoload.php';
require_once __DIR__ . '/lib/measure.php';
require_once __DIR__ . '/../php-tests/include/mariadb.inc';
require_once __DIR__ . '/../php-tests/include/redis.inc';

use Tusk\Pool\{Pdo as Pooled, Pool, Redis as PooledRedis};
use function Tusk\{go, run};
use function Bench\{check, note};
use function Tusk\Tests\redis_server;

/** The best of several: what the code costs, without what the machine did meanwhile. */
function best(int $tries, callable $measure): float
{
    return min(array_map($measure, range(1, $tries)));
}

$pool = new Pool(fn () => new stdClass(), max: 8);
$count = 300_000;
$pair = best(7, function () use ($pool, $count): float {
    $began = hrtime(true);
    for ($i = 0; $i < $count; $i++) {
        $lease = $pool->acquire();
        $lease->release();
    }
    return (hrtime(true) - $began) / $count;
});
$nothing = fn () => null;
$with = best(7, function () use ($pool, $count, $nothing): float {
    $began = hrtime(true);
    for ($i = 0; $i < $count; $i++) {
        $pool->with($nothing);
    }
    return (hrtime(true) - $began) / $count;
});
check('acquire and release, nobody waits', $pair, 300, 'ns');
note('with(callable)', sprintf('%.0f ns', $with));

$waits = [];
run(function () use ($pool, &$waits) {
    for ($i = 0; $i < 1000; $i++) {
        go(function () use ($pool, &$waits) {
            $began = hrtime(true);
            $lease = $pool->acquire(60);
            $waits[] = hrtime(true) - $began;
            Tusk\sleep(0.002);
        });
    }
});
sort($waits);
check('1,000 coroutines on 8 connections: the longest wait, of the median', end($waits) / $waits[500], 2.0);

extension_loaded('pdo_mysql') ? pdo() : print("pdo_mysql is missing: Tusk\\Pool\\Pdo was not measured\n");
extension_loaded('redis') && trim((string) shell_exec('command -v redis-server')) !== ''
    ? redis() : print("phpredis or redis-server is missing: Tusk\\Pool\\Redis was not measured\n");

function pdo(): void
{
    $db = Mariadb::start();
    $rates = [];
    $own = array_map(fn () => $db->pdo(), range(1, 50));
    $one = new Pooled($db->dsn(), 'root', '', ['pool' => ['max' => 8]]);
    $fifty = new Pooled($db->dsn(), 'root', '', ['pool' => ['max' => 50]]);
    $ask = fn (PDO $pdo) => $pdo->query('SELECT 1')->fetchAll();
    // In turns, so that a busy moment of the machine meets all, and each turn is compared with itself.
    for ($turn = 0; $turn < 21; $turn++) {
        $rates['bare'][] = $bare = rate(50, 400, fn (int $client) => $own[$client], $ask);
        $rates['one'][] = rate(50, 400, fn () => $one, $ask) / $bare;
        $rates['fifty'][] = rate(50, 400, fn () => $fifty, $ask) / $bare;
    }
    $median = function (string $of) use ($rates): float {
        sort($rates[$of]);
        return $rates[$of][10];
    };
    note('bare PDO under the hooks, 50 connections, SELECT 1', sprintf('%.0f/s', $median('bare')));
    note('Tusk\Pool\Pdo, 8 connections', sprintf('%.2f of it', $median('one')));
    check('Tusk\Pool\Pdo, 50 connections: of bare PDO, the median of 21 turns', $median('fifty'), 0.95, atLeast: true);
}

function redis(): void
{
    $port = redis_server();
    $connect = function () use ($port): Redis {
        $redis = new Redis();
        $redis->connect('127.0.0.1', $port, 5.0);
        return $redis;
    };
    $plain = $connect();
    $commands = fn (): int => (int) $plain->info('stats')['total_commands_processed'];
    $ask = fn (Redis $redis) => $redis->get('key');
    $plain->set('key', 'value');
    $each = $one = $two = 0.0;
    $pools = [1 => new PooledRedis($connect, max: 1), 2 => new PooledRedis($connect, max: 2)];
    for ($try = 0; $try < 4; $try++) {
        $each = max($each, rate(200, 100, $connect, $ask));
        $one = max($one, rate(200, 100, fn () => $pools[1], $ask));
        $two = max($two, rate(200, 100, fn () => $pools[2], $ask));
    }
    $before = [$commands(), $pools[1]->stats()['taken']];
    rate(200, 100, fn () => $pools[1], $ask);
    $together = ($commands() - $before[0]) / ($pools[1]->stats()['taken'] - $before[1]);
    note('phpredis, 200 connections', sprintf('%.0f/s', $each));
    note('Tusk\Pool\Redis, 1 connection', sprintf('%.0f/s, %.2f of it, %.0f commands in a pipeline', $one, $one / $each, $together));
    note('Tusk\Pool\Redis, 2 connections', sprintf('%.0f/s, %.2f of it', $two, $two / $each));
}

/** Calls a second of so many coroutines. */
function rate(int $coroutines, int $each, callable $connection, callable $ask): float
{
    $began = 0;
    run(function () use ($coroutines, $each, $connection, $ask, &$began) {
        $ready = [];
        for ($i = 0; $i < $coroutines; $i++) {
            $ready[] = $connection($i);
        }
        $began = hrtime(true);
        foreach ($ready as $client) {
            go(function () use ($client, $each, $ask) {
                for ($i = 0; $i < $each; $i++) {
                    $ask($client);
                }
            });
        }
    });
    return $coroutines * $each / ((hrtime(true) - $began) / 1e9);
}
