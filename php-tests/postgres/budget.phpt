--TEST--
Workers share a budget of PostgreSQL connections: in the order they asked, a killed one's share returns, and whoever has several gives one to who has none
--EXTENSIONS--
pcntl
posix
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/../include/parallel.inc';

use Tusk\Pool\Postgres as Pool;
use function Tusk\Tests\each_of;

$server = Postgres::start();
$name = 'test-' . getmypid() . '-' . bin2hex(random_bytes(4));
$mine = getmypid();
register_shutdown_function(fn () => getmypid() === $mine && @unlink('/dev/shm/tusk-budget-' . posix_geteuid() . "-$name"));
$open = fn (int $max, int $limit = 3) => Pool::connect($server->address(), max: $max, options: [
    'budget' => ['name' => $name, 'limit' => $limit], 'lazy' => true,
]);
$sessions = fn (Pool $db): int => $db->query("SELECT count(*) FROM pg_stat_activity WHERE usename = 'test'")->fetchValue();

// Eight workers of four connections each, three for all: each gets its answers, and the server sees three.
$watch = Pool::connect($server->address(), max: 1);
$children = [];
for ($worker = 0; $worker < 8; $worker++) {
    $pid = pcntl_fork();
    if ($pid === 0) {
        $db = $open(4);
        $sums = each_of(20, fn (int $i) => array_sum(array_map(
            fn (int $n) => $db->query('SELECT $1::int', [$n], 50.0)->fetchValue(),
            range(1, 10),
        )));
        exit(array_sum($sums) === 20 * 55 ? 7 : 8);
    }
    $children[] = $pid;
}
$most = 0;
while ($children) {
    // A backend whose client has gone needs a moment to go itself.
    $most = max($most, $sessions($watch) - 1);
    foreach ($children as $key => $pid) {
        if (pcntl_waitpid($pid, $status, WNOHANG) === $pid) {
            pcntl_wexitstatus($status) === 7 || print("a worker failed\n");
            unset($children[$key]);
        }
    }
    Tusk\sleep(0.005);
}
echo $most <= 6 ? "few sessions\n" : "$most sessions\n";

// A child takes all and holds it; then it is killed.
[$here, $there] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$pid = pcntl_fork();
if ($pid === 0) {
    $db = $open(3);
    for ($i = 0; $i < 3; $i++) {
        Tusk\go(fn () => $db->transaction(fn () => $db->query('SELECT pg_sleep(600)')));
    }
    while ($db->stats()['leased'] < 3) {
        Tusk\sleep(0.001);
    }
    fwrite($there, 'x');
    Tusk\sleep(600);
    exit;
}
fread($here, 1);
$db = $open(3);
try {
    $db->query('SELECT 1', [], 0.1);
} catch (Tusk\TimeoutException $error) {
    echo $error->getMessage(), "\n";
}
posix_kill($pid, SIGKILL);
pcntl_waitpid($pid, $status);
echo $db->query('SELECT 1', [], 50.0)->fetchValue(), " after its end\n";

// Who is busy on several connections gives one to a pool that has none.
$busy = true;
$load = [];
for ($i = 0; $i < 12; $i++) {
    $load[] = Tusk\go(function () use ($db, &$busy): void {
        while ($busy) {
            $db->query('SELECT pg_sleep(0.001)', [], 50.0);
        }
    });
}
for ($until = microtime(true) + 50; $db->stats()['connections'] < 3 && microtime(true) < $until;) {
    Tusk\sleep(0.005);
}
echo $db->stats()['connections'], ' of them, ';
$other = $open(2);
echo $other->query('SELECT 2', [], 50.0)->fetchValue(), " by the other pool\n";
$busy = false;
foreach ($load as $one) {
    $one->join();
}
// And what idles goes to who wants more.
echo array_sum(each_of(2, fn () => $other->transaction(fn () => $other->query('SELECT 1 FROM pg_sleep(0.05)')->fetchValue(), timeout: 50.0))), " in transactions\n";
foreach ([['name' => 'x'], ['name' => 'a/b', 'limit' => 2], ['name' => 'x', 'limit' => 0], 5] as $wrong) {
    try {
        Pool::connect($server->address(), options: ['budget' => $wrong]);
    } catch (Error $error) {
        echo $error::class, ': ', $error->getMessage(), "\n";
    }
}
?>
--EXPECTF--
few sessions
"SELECT 1" did not end within 0.1 s; it was not executed: no connection was free for it in time; the budget "%s" of all workers is spent: 3 of 3 connections are open, 0 of them here
1 after its end
3 of them, 2 by the other pool
2 in transactions
Tusk\MisuseError: "budget" is ['name' => 'orders', 'limit' => 60]: all that share it, and their most connections
Tusk\MisuseError: cannot share a budget of connections: its name must be 1 to 64 letters, digits, points, dashes and underscores
Tusk\MisuseError: cannot share a budget of connections: its limit must be between 1 and 1000000, and is 0
Tusk\MisuseError: "budget" is ['name' => 'orders', 'limit' => 60]: all that share it, and their most connections
