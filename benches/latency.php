<?php
/**
 * How long a query waits for its answer, where many are under way: on io_uring, which takes answers that come
 * fast in batches (native/runtime/src/driver/coalesce.rs), and on epoll, which does not. PDO mysql on core 0,
 * MariaDB on core 1.
 *
 *   php latency.php                     runs everything and says what came out
 *   php latency.php COROUTINES PAUSE PORT   one client in this process; the pause between two queries of a
 *                                       coroutine is 0 to 2 × PAUSE µs
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/lib/measure.php';

const SECONDS = 1.2;
const ROUNDS = 5;
/** Coroutines and µs between two queries of each. */
const LOADS = [[50, 0], [20, 0], [50, 200], [50, 500], [20, 100]];

function measure(int $coroutines, int $pause, int $port): array
{
    $latencies = [];
    $cpu = 0;
    \Tusk\run(static function () use ($coroutines, $pause, $port, &$latencies, &$cpu): void {
        $connections = [];
        for ($i = 0; $i < $coroutines; $i++) {
            $connections[] = new \PDO("mysql:host=127.0.0.1;port=$port;dbname=test", 'root', '');
        }
        $cpu = cpu_ns();
        $until = hrtime(true) + SECONDS * 1e9;
        foreach ($connections as $connection) {
            \Tusk\go(static function () use ($connection, $pause, $until, &$latencies): void {
                while (($begun = hrtime(true)) < $until) {
                    $connection->query('SELECT 1')->fetchAll();
                    $latencies[] = hrtime(true) - $begun;
                    $pause === 0 || usleep(mt_rand(0, 2 * $pause));
                }
            });
        }
    });
    sort($latencies);
    $count = count($latencies);
    return [
        'a second' => $count / SECONDS,
        'p50' => $latencies[intdiv($count, 2)] / 1e3,
        'p99' => $latencies[(int) ($count * 0.99)] / 1e3,
        'CPU' => (cpu_ns() - $cpu) / $count / 1e3,
    ];
}

if (isset($argv[3])) {
    echo json_encode(measure((int) $argv[1], (int) $argv[2], (int) $argv[3]));
    return;
}

require __DIR__ . '/lib/servers.php';
require __DIR__ . '/../php-tests/include/mariadb.inc';

shell_exec('taskset -cp 1 ' . getmypid());
$server = \Mariadb::start();
$php = implode(' ', array_map(escapeshellarg(...), php_command(false)));
foreach (LOADS as [$coroutines, $pause]) {
    $rounds = [];
    for ($round = 0; $round < ROUNDS; $round++) {
        foreach (['uring', 'epoll'] as $driver) {
            $output = (string) shell_exec("TUSK_DRIVER=$driver taskset -c 0 $php -d memory_limit=1G " . escapeshellarg(__FILE__) . " $coroutines $pause $server->port");
            foreach (json_decode($output, true) ?? throw new \RuntimeException("$driver did not report: $output") as $what => $value) {
                $rounds[$driver][$what][] = $value;
            }
        }
    }
    $load = $pause === 0 ? "$coroutines coroutines" : "$coroutines coroutines, pauses of $pause µs";
    foreach ($rounds as $driver => $figures) {
        $figures = array_map(median(...), $figures);
        note("$load, $driver", sprintf('%s queries/s, half within %.0f µs, 99 of 100 within %.0f µs, %.2f µs CPU each',
            number_format($figures['a second']), $figures['p50'], $figures['p99'], $figures['CPU']));
    }
    foreach (['p50' => ['half of the queries', 1.05], 'p99' => ['99 of 100', 1.25]] as $what => [$name, $bound]) {
        // Of neighbours: the machine itself is faster in one minute than in another.
        $ratios = array_map(static fn (float $uring, float $epoll): float => $uring / $epoll, $rounds['uring'][$what], $rounds['epoll'][$what]);
        check("$load: $name on io_uring, as a part of the time on epoll", median($ratios), $bound);
    }
}
