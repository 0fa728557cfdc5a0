<?php
/**
 * What a call of a database or HTTP client costs at 50 coroutines: CPU time of the client
 * for each operation, and operations a second. Servers run on core 1, the client on core 0.
 *
 *   php clients.php          runs everything and says what came out
 *   php clients.php CLIENT PORTS   one client in this process: with Tusk or Swoole, 50
 *                                  coroutines with a connection each; without, one connection
 *
 * Swoole 6.2 is measured in the same run where $SWOOLE_EXTENSION names its swoole.so (built with
 * --enable-mysqlnd --enable-swoole-curl --enable-swoole-pgsql). Its figures from another machine of
 * this kind are scaled by plain PHP's CPU time for an operation, here over there. There only
 * operations a second are known; the clients are taken to have kept their core busy. For plain PHP
 * that is too much, for it waits for each answer, so the bound is stricter than it ought to be.
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/lib/measure.php';

const COROUTINES = 50;
const SECONDS = 1.2;
const ROUNDS = 3;

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
        // One round trip, as pgbench makes; the other prepares, executes and deallocates.
        'PDO pgsql, emulated prepares' => static function () use ($port): \Closure {
            $db = new \PDO("pgsql:host=127.0.0.1;port={$port['pgsql']};dbname=postgres;user=test", options: [\PDO::ATTR_EMULATE_PREPARES => true]);
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
            return static fn (): mixed => file_get_contents("http://127.0.0.1:{$port['closing']}/");
        },
    };
}

/** Runs the bodies at once, and returns when all have ended. */
function at_once(array $bodies): void
{
    if (extension_loaded('tusk')) {
        \Tusk\run(static function () use ($bodies): void {
            array_map(\Tusk\go(...), $bodies);
        });
    } elseif (extension_loaded('swoole')) {
        $all = new \Swoole\Coroutine\WaitGroup();
        foreach ($bodies as $body) {
            $all->add();
            \Swoole\Coroutine::create(static function () use ($body, $all): void {
                $body();
                $all->done();
            });
        }
        $all->wait();
    } else {
        $bodies[0]();
    }
}

/** Runs one client for a while: operations a second, and CPU µs of this process for each. */
function measure(string $name, array $ports): array
{
    $make = client($name, $ports);
    $operations = [];
    at_once(array_fill(0, COROUTINES, static function () use ($make, &$operations): void {
        $operations[] = $make();
    }));
    $run = static function (float $seconds) use (&$operations): array {
        $done = 0;
        [$begun, $cpu] = [hrtime(true), cpu_ns()];
        $until = $begun + $seconds * 1e9;
        $bodies = [];
        foreach ($operations as $operation) {
            $bodies[] = static function () use ($operation, $until, &$done): void {
                while (hrtime(true) < $until) {
                    if ($operation() === false) {
                        throw new \RuntimeException('the operation failed');
                    }
                    $done++;
                }
            };
        }
        at_once($bodies);
        return [$done / ((hrtime(true) - $begun) / 1e9), (cpu_ns() - $cpu) / $done / 1e3];
    };
    $run(0.2);
    return $run(SECONDS);
}

/** @return array{float, float} one round */
function round_of(array $command, string $name, array $ports): array
{
    $output = shell_exec('taskset -c 0 ' . implode(' ', array_map(escapeshellarg(...), [...$command, __FILE__, $name, json_encode($ports)])));
    return json_decode((string) $output, true) ?? throw new \RuntimeException("$name did not report: $output");
}

/**
 * The best of the rounds, which the commands make in turns.
 *
 * @param array<string, list<string>> $commands
 * @return array<string, array{float, float}>
 */
function best(array $commands, string $name, array $ports): array
{
    $best = array_fill_keys(array_keys($commands), [0.0, INF]);
    for ($round = 0; $round < ROUNDS; $round++) {
        foreach ($commands as $who => $command) {
            [$perSecond, $cpu] = round_of($command, $name, $ports);
            $best[$who] = [max($best[$who][0], $perSecond), min($best[$who][1], $cpu)];
        }
    }
    return $best;
}

if (isset($argv[2])) {
    $report = static function () use ($argv): void {
        echo json_encode(measure($argv[1], json_decode($argv[2], true))), "\n";
    };
    if (extension_loaded('swoole')) {
        \Swoole\Runtime::enableCoroutine(SWOOLE_HOOK_ALL);
        \Swoole\Coroutine\run($report);
    } else {
        $report();
    }
    return;
}

require __DIR__ . '/lib/servers.php';
require __DIR__ . '/../php-tests/include/mariadb.inc';
require __DIR__ . '/../php-tests/include/postgres.inc';
require __DIR__ . '/../php-tests/include/redis.inc';

/** @return array<string, int> ports of the servers, by what speaks to them */
function servers(): array
{
    // Children keep this process's core; clients say their own.
    shell_exec('taskset -cp 1 ' . getmypid());
    static $kept = [];
    $kept = ['mysql' => \Mariadb::start(), 'pgsql' => \Postgres::start()];
    $ports = ['mysql' => $kept['mysql']->port, 'pgsql' => $kept['pgsql']->port, 'redis' => \Tusk\Tests\redis_server()];
    $program = \Tusk\Tests\temporary_folder() . '/epoll_server';
    passthru('cc -O2 -Wall -o ' . escapeshellarg($program) . ' ' . escapeshellarg(__DIR__ . '/hello/epoll_server.c'), $status);
    $status === 0 || throw new \RuntimeException('epoll_server.c was not compiled');
    foreach (['http' => [], 'closing' => ['0', 'close']] as $kind => $arguments) {
        $ports[$kind] = \Tusk\Tests\free_port();
        $kept[$kind] = \Tusk\Tests\Process::start([$program, (string) $ports[$kind], ...$arguments])->waitForPort($ports[$kind]);
    }
    $redis = new \Redis();
    $redis->connect('127.0.0.1', $ports['redis']);
    $redis->set('key', 'value');
    return $ports;
}

$ports = servers();
$commands = ['plain' => [PHP_BINARY], 'tusk' => php_command(false)];
$swooleExtension = (string) getenv('SWOOLE_EXTENSION');
if ($swooleExtension !== '') {
    $commands['swoole'] = [PHP_BINARY, '-d', "extension=$swooleExtension", '-d', 'memory_limit=512M', '-d', 'opcache.enable_cli=0'];
}
$show = static fn (array $figures): string => sprintf('%s operations/s, %.1f µs CPU each', number_format($figures[0]), $figures[1]);
foreach (SWOOLE as $name => [$there, $plainThere]) {
    $best = best($commands, $name, $ports);
    note("$name, plain PHP, one connection", $show($best['plain']));
    note("$name, Tusk, 50 coroutines", $show($best['tusk']));
    if (isset($best['swoole'])) {
        note("$name, Swoole, 50 coroutines", $show($best['swoole']));
        check("$name, CPU of an operation against Swoole's in this run", $best['tusk'][1] / $best['swoole'][1], 0.8);
    }
    $scaled = 1e6 / $there * $best['plain'][1] / (1e6 / $plainThere);
    check("$name, CPU of an operation against Swoole's elsewhere, scaled by plain PHP's CPU", $best['tusk'][1] / $scaled, 0.8);
}

/** The best of as many runs of another client, which `$rate` reads out of its report, in turns with ours. */
function against(string $command, \Closure $rate, string $name, array $ports): float
{
    [$ours, $theirs] = [0.0, 0.0];
    for ($round = 0; $round < ROUNDS; $round++) {
        $theirs = max($theirs, $rate((string) shell_exec("taskset -c 0 $command 2>/dev/null")));
        $ours = max($ours, round_of(php_command(false), $name, $ports)[0]);
    }
    note("$name against " . strtok($command, ' '), sprintf('%s operations/s, there %s', number_format($ours), number_format($theirs)));
    return $theirs > 0 ? $ours / $theirs : 0.0;
}

$clients = COROUTINES;
$csv = static fn (string $report): float => (float) (explode('","', trim(strrchr("\n" . trim($report), "\n"), "\"\n"))[1] ?? 0);
$ratio = against("redis-benchmark -p {$ports['redis']} -c $clients -n 200000 -t get -q --csv", $csv, 'phpredis', $ports);
check('phpredis, operations/s against redis-benchmark -c 50', $ratio, 0.9, atLeast: true);
$pgbench = current(glob('/usr/lib/postgresql/*/bin/pgbench')) ?: throw new \RuntimeException('there is no pgbench (package postgresql)');
$script = \Tusk\Tests\temporary_folder() . '/select.sql';
file_put_contents($script, "SELECT 1;\n");
$tps = static fn (string $report): float => preg_match('/tps = ([\d.]+)/', $report, $found) ? (float) $found[1] : 0.0;
$pgbench .= " -h 127.0.0.1 -p {$ports['pgsql']} -U test -n -c $clients -j 1 -T 2 -M simple -f $script postgres";
$ratio = against($pgbench, $tps, 'PDO pgsql, emulated prepares', $ports);
check('PDO pgsql, operations/s against pgbench -c 50, one round trip each', $ratio, 0.9, atLeast: true);
