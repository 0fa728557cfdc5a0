<?php
/**
 * Pools: what taking and giving back costs, how long a thousand wait on eight, and
 * Tusk\Pool\Pdo against bare PDO under the hooks with a connection for each coroutine.
 *
 * Bounds: 300 ns; longest wait at most twice the median; 0.95 of bare PDO.
 */

declare(strict_types=1);

require_once __DIR__ . '/../php/autoload.php';
require_once __DIR__ . '/../php-tests/include/mariadb.inc';

use Tusk\Pool\{Pdo as Pooled, Pool};
use function Tusk\{go, run};

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
printf("acquire+release   %6.0f ns (bound 300)\nwith(callable)    %6.0f ns\n", $pair, $with);

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
printf("1,000 on 8        %6.2f longest/median wait (bound 2)\n", end($waits) / $waits[500]);

if (!extension_loaded('pdo_mysql')) {
    exit("pdo_mysql is missing: Tusk\\Pool\\Pdo was not measured\n");
}
$db = Mariadb::start();
/** Statements a second of 50 coroutines. */
function rate(callable $connection): float
{
    $each = 400;
    $began = 0;
    run(function () use ($connection, $each, &$began) {
        $ready = [];
        for ($i = 0; $i < 50; $i++) {
            $ready[] = $connection();
        }
        $began = hrtime(true);
        foreach ($ready as $pdo) {
            go(function () use ($pdo, $each) {
                for ($i = 0; $i < $each; $i++) {
                    $pdo->query('SELECT 1')->fetchAll();
                }
            });
        }
    });
    return 50 * $each / ((hrtime(true) - $began) / 1e9);
}

$bare = $pooled = 0.0;
$one = new Pooled($db->dsn(), 'root', '', ['pool' => ['max' => 8]]);
$fifty = new Pooled($db->dsn(), 'root', '', ['pool' => ['max' => 50]]);
$many = 0.0;
// In turns, so that a busy moment of the machine meets all.
for ($try = 0; $try < 4; $try++) {
    $bare = max($bare, rate(fn () => $db->pdo()));
    $pooled = max($pooled, rate(fn () => $one));
    $many = max($many, rate(fn () => $fifty));
}
printf("bare PDO, 50 connections       %7.0f/s\n", $bare);
printf("Tusk\\Pool\\Pdo, 8 connections   %7.0f/s, %.2f of it (bound 0.95)\n", $pooled, $pooled / $bare);
printf("Tusk\\Pool\\Pdo, 50 connections  %7.0f/s, %.2f of it\n", $many, $many / $bare);
