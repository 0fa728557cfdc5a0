<?php
/**
 * SELECT 1 of 64 coroutines on 4 connections to a private PostgreSQL 15: Tusk\Pool\Postgres,
 * pipelined, and PDO under hooks with 4 connections that the coroutines take in turns, in the
 * same run. This process is on core 1 (taskset), the server's processes on core 0. Every
 * answer is compared with its question where there is one.
 */

declare(strict_types=1);

namespace Bench;

use Tusk\Channel;
use Tusk\Pool\Postgres;
use Tusk\WaitGroup;

require __DIR__ . '/lib/measure.php';
require __DIR__ . '/../php-tests/include/postgres.inc';

const COROUTINES = 64;
const CONNECTIONS = 4;
const QUERIES = 400;
const ROUNDS = 5;

// The server inherits the core that this process is on when it starts it.
$server = \Postgres::start();
exec('taskset -a -c -p 1 ' . getmypid() . ' 2>&1', $ignored, $failed);
$failed === 0 || note('taskset', 'not here: both share all cores');

/** All coroutines at once; seconds for a query. */
function together(callable $query): float
{
    $group = new WaitGroup(COROUTINES);
    $begun = hrtime(true);
    for ($i = 0; $i < COROUTINES; $i++) {
        \Tusk\go(static function () use ($query, $i, $group): void {
            for ($n = 0; $n < QUERIES; $n++) {
                $query($i * QUERIES + $n);
            }
            $group->done();
        });
    }
    $group->wait();
    return (hrtime(true) - $begun) / 1e9 / (COROUTINES * QUERIES);
}

$pool = Postgres::connect($server->address(), max: CONNECTIONS);
$free = new Channel(CONNECTIONS);
for ($i = 0; $i < CONNECTIONS; $i++) {
    $free->send($server->pdo());
}
$wrong = 0;
$ways = [
    'native SELECT 1' => static function () use ($pool, &$wrong): void {
        $wrong += (int) ($pool->query('SELECT 1')->fetchValue() !== 1);
    },
    'PDO SELECT 1' => static function () use ($free, &$wrong): void {
        $pdo = $free->receive();
        $wrong += (int) ((int) $pdo->query('SELECT 1')->fetchColumn() !== 1);
        $free->send($pdo);
    },
    'native with a parameter' => static function (int $n) use ($pool, &$wrong): void {
        $wrong += (int) ($pool->query('SELECT $1::int AS n', [$n])->fetchValue() !== $n);
    },
    'PDO with a parameter' => static function (int $n) use ($free, &$wrong): void {
        $pdo = $free->receive();
        $statement = $pdo->prepare('SELECT ?::int AS n');
        $statement->execute([$n]);
        $wrong += (int) ((int) $statement->fetchColumn() !== $n);
        // Its end talks to the server, too.
        $statement = null;
        $free->send($pdo);
    },
];
$best = array_fill_keys(array_keys($ways), INF);
for ($round = 0; $round < ROUNDS; $round++) {
    foreach ($ways as $name => $way) {
        $best[$name] = min($best[$name], together($way));
    }
}
foreach ($best as $name => $seconds) {
    note($name, sprintf('%.0f queries a second, %.1f µs each', 1 / $seconds, $seconds * 1e6));
}
check('times as many SELECT 1 as PDO under hooks, same number of connections', $best['PDO SELECT 1'] / $best['native SELECT 1'], 3, atLeast: true);
note('times as many with a parameter', sprintf('%.1f', $best['PDO with a parameter'] / $best['native with a parameter']));
check('wrong answers', $wrong, 0);

// One coroutine alone: nothing to be pipelined.
$begun = hrtime(true);
for ($n = 0; $n < 10_000; $n++) {
    $pool->query('SELECT 1')->fetchValue();
}
note('native, one coroutine alone', sprintf('%.1f µs a query', (hrtime(true) - $begun) / 10_000 / 1e3));
$pdo = $server->pdo();
$begun = hrtime(true);
for ($n = 0; $n < 10_000; $n++) {
    $pdo->query('SELECT 1')->fetchColumn();
}
note('PDO, one coroutine alone', sprintf('%.1f µs a query', (hrtime(true) - $begun) / 10_000 / 1e3));

// A million rows one by one.
$begun = hrtime(true);
$rows = 0;
foreach ($pool->stream('SELECT n FROM generate_series(1, 1000000) n') as $row) {
    $rows++;
}
note('stream', sprintf('%.2f million rows a second', $rows / ((hrtime(true) - $begun) / 1e3)));
