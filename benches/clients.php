<?php
/**
 * What a call of a database or HTTP client costs at 50 coroutines: CPU time of the client
 * for each operation, and operations a second. Servers run on core 1, the client on core 0.
 *
 *   php clients.php          runs everything and says what came out
 *   php clients.php CLIENT PORTS   one client in this process: with Tusk, 50 coroutines with
 *                                  a connection each; without, one connection
 *
 * The bounds compare with Swoole 6.2's figures on another machine of this kind, scaled by
 * what plain PHP does here and did there. Its client kept core 0 busy, so its CPU time
 * for each operation is one second through its operations a second.
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/lib/measure.php';

const COROUTINES = 50;
const SECONDS = 1.2;
const ROUNDS = 2;

/** Operations a second of Swoole at 50 coroutines and of plain PHP there. */
const SWOOLE = [
    'PDO mysql' => [84_000, 40_000],
    'PDO pgsql' => [21_000, 15_000],
    'phpredis' => [144_000, 49_000],
    'curl' => [27_000, 30_000],
    'http wrapper' => [33_000, 22_000],
];

/** @return \Closure(): \Closure a connection, and then an operation on it */
function client(string $name, array $port): \Closure
{
    return match ($name) {
        'PDO mysql' => static function () use ($port): \Closure {
            $db = new \PDO("mysql:host=127.0.0.1;port={$port['mysql']};dbname=test", 'root', '');
            return static fn (): mixed => $db->query('SELECT 1')->fetchAll();
        },
        'PDO pgsql' => static function () use ($port): \Closure {
            $db = new \PDO("pgsql:host=127.0.0.1;port={$port['pgsql']};dbname=postgres;user=test");
            return static fn (): mixed => $db->query('SELECT 1')->fetchAll();
        },
        'phpredis' => static function () use ($port): \Closure {
            $redis = new \Redis();
            $redis->connect('127.0.0.1', $port['redis']);
            return static fn (): mixed => $redis->get('key');
        },
        'curl' => static function () use ($port): \Closure {
            $curl = curl_init("http://127.0.0.1:{$port['http']}/");
            curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
            return static fn (): mixed => curl_exec($curl);
        },
        'http wrapper' => static function () use ($port): \Closure {
            $context = stream_context_create(['http' => ['header' => 'Connection: close']]);
            return static fn (): mixed => file_get_contents("http://127.0.0.1:{$port['http']}/", false, $context);
        },
    };
}

/** Runs one client for a while: operations a second, and CPU µs of this process for each. */
function measure(string $name, array $ports): array
{
    $make = client($name, $ports);
    $coroutines = extension_loaded('tusk') ? COROUTINES : 1;
    $operations = [];
    for ($i = 0; $i < $coroutines; $i++) {
        $operations[] = $make();
    }
    $done = 0;
    $loop = static function (\Closure $operation, float $until) use (&$done): void {
        while (hrtime(true) < $until) {
            if ($operation() === false) {
                throw new \RuntimeException('the operation failed');
            }
            $done++;
        }
    };
    $run = static function (float $seconds) use ($operations, $loop, &$done): array {
        $done = 0;
        [$begun, $cpu] = [hrtime(true), cpu_ns()];
        $until = $begun + $seconds * 1e9;
        if (extension_loaded('tusk')) {
            \Tusk\run(static function () use ($operations, $loop, $until): void {
                foreach ($operations as $operation) {
                    \Tusk\go($loop, $operation, $until);
                }
            });
        } else {
            $loop($operations[0], $until);
        }
        return [$done / ((hrtime(true) - $begun) / 1e9), (cpu_ns() - $cpu) / $done / 1e3];
    };
    $run(0.2);
    return $run(SECONDS);
}

/** @return array{float, float} the best of the rounds */
function best(array $command, string $name, array $ports): array
{
    $best = [0.0, INF];
    for ($round = 0; $round < ROUNDS; $round++) {
        $output = shell_exec('taskset -c 0 ' . implode(' ', array_map(escapeshellarg(...), [...$command, __FILE__, $name, json_encode($ports)])));
        [$perSecond, $cpu] = json_decode((string) $output, true) ?? throw new \RuntimeException("$name did not report: $output");
        $best = [max($best[0], $perSecond), min($best[1], $cpu)];
    }
    return $best;
}

if (isset($argv[2])) {
    echo json_encode(measure($argv[1], json_decode($argv[2], true))), "\n";
    return;
}

require __DIR__ . '/lib/servers.php';
require __DIR__ . '/../php-tests/include/mariadb.inc';
require __DIR__ . '/../php-tests/include/postgres.inc';
require __DIR__ . '/../php-tests/include/redis.inc';

// Children keep this process's core; clients say their own.
shell_exec('taskset -cp 1 ' . getmypid());
$server = \Mariadb::start();
$ports = ['mysql' => $server->port, 'pgsql' => \Postgres::start()->port, 'redis' => \Tusk\Tests\redis_server(), 'http' => \Tusk\Tests\free_port()];
$binary = sys_get_temp_dir() . '/bench-clients-server-' . getmypid();
shell_exec('cc -O2 -o ' . escapeshellarg($binary) . ' ' . escapeshellarg(__DIR__ . '/hello/epoll_server.c'));
\Tusk\Tests\Process::start([$binary, (string) $ports['http']])->waitForPort($ports['http']);
$setUp = new \Redis();
$setUp->connect('127.0.0.1', $ports['redis']);
$setUp->set('key', 'value');

foreach (SWOOLE as $name => [$swoole, $plainThere]) {
    [$plainPerSecond, $plainCpu] = best([PHP_BINARY], $name, $ports);
    [$perSecond, $cpu] = best(php_command(false), $name, $ports);
    note("$name, plain PHP", sprintf('%s operations/s, %.1f µs CPU each', number_format($plainPerSecond), $plainCpu));
    note("$name, 50 coroutines", sprintf('%s operations/s, %.1f µs CPU each', number_format($perSecond), $cpu));
    note("$name, CPU of an operation against Swoole's there, not scaled", sprintf('%.2f', $cpu / (1e6 / $swoole)));
    check("$name, CPU of an operation against Swoole's, scaled", $cpu / (1e6 / ($swoole * $plainPerSecond / $plainThere)), 0.8);
}
$clients = COROUTINES;
$benchmark = (string) shell_exec("taskset -c 0 redis-benchmark -p {$ports['redis']} -c $clients -n 200000 -t get -q --csv 2>/dev/null | tail -1");
$reference = (float) (explode('","', trim($benchmark, "\"\n"))[1] ?? 0);
[$perSecond] = best(php_command(false), 'phpredis', $ports);
check('phpredis, operations/s against redis-benchmark -c 50', $perSecond / max(1.0, $reference), 0.9, atLeast: true);
$pgbench = current(glob('/usr/lib/postgresql/*/bin/pgbench'));
if ($pgbench) {
    $script = tempnam(sys_get_temp_dir(), 'pgbench');
    file_put_contents($script, "SELECT 1;\n");
    $report = (string) shell_exec("taskset -c 0 $pgbench -h 127.0.0.1 -p {$ports['pgsql']} -U test -n -c $clients -j 1 -T 3 -M extended -f $script postgres 2>/dev/null");
    preg_match('/tps = ([\d.]+)/', $report, $tps);
    [$perSecond] = best(php_command(false), 'PDO pgsql', $ports);
    check('PDO pgsql, operations/s against pgbench -c 50', $perSecond / (float) ($tps[1] ?? INF), 0.9, atLeast: true);
}
