<?php
/**
 * CPU time of a webman page on Tusk, with the plugin, against the same page on workerman's
 * Select driver without it: a hello, and one that asks MariaDB by PDO.
 *
 * php run.php [rounds] [seconds]. Both servers run; wrk visits one after the other, round
 * after round. Each ratio is the median of the ratios within a round.
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

foreach ($pages as $page => $method) {
    $servers = [];
    foreach ($loops as $name => $loop) {
        $servers[$name] = Server::start(static function (int $port) use ($method, $loop): array {
            $code = "namespace app\\controller;\nfinal class IndexController { $method }";
            $app = WebmanApp::prepare(['controller/IndexController.php' => $code], loop: $loop, port: $port);
            return [...php_command(false), "$app->folder/start.php", 'start'];
        }, forks: true);
        Load::run($servers[$name]->port, 64, 1);
    }
    $cpu = $ratio = [];
    for ($round = 0; $round < $rounds; $round++) {
        foreach ($servers as $name => $server) {
            $before = $server->cpuNs();
            $load = Load::run($server->port, 64, $seconds);
            $load->lost === 0 || throw new \RuntimeException("requests were lost:\n$load->report");
            $cpu[$name][] = ($server->cpuNs() - $before) / $load->requests;
        }
        $ratio[] = end($cpu['Tusk']) / end($cpu['Select']);
    }
    echo "## $page, 64 connections ($rounds rounds of $seconds s)\n\n";
    foreach ($cpu as $name => $values) {
        note("webman on $name", sprintf('%.2f µs a request', median($values) / 1000));
    }
    check("Tusk against Select", median($ratio), $page === 'hello' ? 1.1 : 1.05, '×');
    echo "\n";
    foreach ($servers as $server) {
        $server->process->stop(SIGINT);
    }
}
