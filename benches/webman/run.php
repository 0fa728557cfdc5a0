<?php
/**
 * CPU time of a webman page on Tusk, with the plugin, against the same page on workerman's
 * Select driver without it: a hello, and one that asks MariaDB by PDO.
 *
 * php run.php [rounds] [seconds]. Both servers run; wrk visits one after the other, round
 * after round. Each ratio is the median of the ratios within a round.
 *
 * MariaDB is beside wrk, so that the server is alone on its core. It is also let onto the
 * server's: there the kernel hands Select's core to the one thread of MariaDB that it waits
 * for, and back, and the wait costs Select no idle core. wrk sends the same bytes again and
 * again, which workerman parses once; with a number in each they are parsed as a browser's are.
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/../lib/servers.php';
// For the plugin's installer, which the helper of the tests runs.
$php = tempnam(sys_get_temp_dir(), 'tusk-php-');
file_put_contents($php, "#!/bin/sh\nexec " . implode(' ', array_map(escapeshellarg(...), php_command(false))) . ' "$@"' . "\n");
chmod($php, 0700);
register_shutdown_function(unlink(...), $php);
putenv("TUSK_PHP=$php");
require __DIR__ . '/../../php-tests/include/webman.inc';
require __DIR__ . '/../../php-tests/include/mariadb.inc';

use Tusk\Tests\WebmanApp;

$rounds = (int) ($argv[1] ?? 5);
$seconds = (int) ($argv[2] ?? 2);
$database = \Mariadb::start();
$database->pdo([], 'mysql')->exec('CREATE DATABASE IF NOT EXISTS test');

$pages = [
    'hello' => "public function index(): string { return 'Hello, World!'; }",
    // As webman/database has it: a pool of workerman/coroutine, one connection without coroutines.
    'PDO' => <<<PHP
        public function index(): string
        {
            static \$pool = null;
            if (\$pool === null) {
                \$pool = new \\Workerman\\Coroutine\\Pool(8);
                \$pool->setConnectionCreator(static fn () => new \\PDO('{$database->dsn()}', 'root', ''));
            }
            \$db = \$pool->get();
            try {
                return (string) \$db->query('SELECT 6 * 7')->fetchColumn();
            } finally {
                \$pool->put(\$db);
            }
        }
        PHP,
];
$loops = ['Tusk' => null, 'Select' => 'Workerman\\Events\\Select'];

$numbers = tempnam(sys_get_temp_dir(), 'tusk-wrk-');
file_put_contents($numbers, <<<'LUA'
    local number = 0
    request = function()
        number = number + 1
        return wrk.format("GET", "/?number=" .. number)
    end
    LUA);
register_shutdown_function(unlink(...), $numbers);
// What is measured of a page: options of wrk, the cores of MariaDB, and the bound.
$loads = [
    'hello' => ['the same request' => [[], '1', 1.1]],
    'PDO' => [
        'the same request' => [[], '1', 1.05],
        'every request another' => [['-s', $numbers], '1', 1.05],
        "the same request, MariaDB on the server's core too" => [[], '0,1', 1.05],
        "every request another, MariaDB on the server's core too" => [['-s', $numbers], '0,1', 1.05],
    ],
];

foreach ($pages as $page => $method) {
    $servers = [];
    foreach ($loops as $name => $loop) {
        $servers[$name] = Server::start(static function (int $port) use ($method, $loop): array {
            $code = "namespace app\\controller;\nfinal class IndexController { $method }";
            $app = WebmanApp::prepare(['controller/IndexController.php' => $code], loop: $loop, port: $port);
            return [...php_command(false), "$app->folder/start.php", 'start'];
        }, forks: true);
    }
    foreach ($loads[$page] as $load => [$options, $cores, $bound]) {
        exec("taskset -a -c -p $cores " . (int) file_get_contents("$database->folder/p.pid"), $ignored, $failed);
        $failed === 0 || throw new \RuntimeException('taskset could not move MariaDB');
        echo "## $page, 64 connections, $load ($rounds rounds of $seconds s)\n\n";
        compare($servers, $options, $rounds, $seconds, $bound);
        echo "\n";
    }
    foreach ($servers as $server) {
        $server->process->stop(SIGINT);
    }
}

/**
 * @param array<string, Server> $servers Tusk and Select
 * @param list<string> $options wrk's
 */
function compare(array $servers, array $options, int $rounds, int $seconds, float $bound): void
{
    foreach ($servers as $server) {
        Load::run($server->port, 64, 1, $options);
    }
    $cpu = $ratio = [];
    for ($round = 0; $round < $rounds; $round++) {
        foreach ($servers as $name => $server) {
            $before = $server->cpuNs();
            $load = Load::run($server->port, 64, $seconds, $options);
            $load->lost === 0 || throw new \RuntimeException("requests were lost:\n$load->report");
            $cpu[$name][] = ($server->cpuNs() - $before) / $load->requests;
            $rate[$name][] = $load->perSecond;
        }
        $ratio[] = end($cpu['Tusk']) / end($cpu['Select']);
    }
    foreach ($cpu as $name => $values) {
        note("webman on $name", sprintf('%.2f µs a request, %s requests/s', median($values) / 1000, number_format(median($rate[$name]))));
    }
    check('Tusk against Select', median($ratio), $bound, '×');
}
