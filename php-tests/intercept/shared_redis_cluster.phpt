--TEST--
One RedisCluster object, many coroutines: each has its own node's answer, MULTI stays whole, a cancelled one connects anew
--SKIPIF--
<?php
require __DIR__ . '/../include/redis.inc';
Tusk\Tests\skip_without_redis();
preg_match('/v=(\d+)/', (string) shell_exec('redis-server --version'), $version);
if ((int) ($version[1] ?? 0) < 7) exit('skip needs Redis 7 (--cluster-port)');
?>
--FILE--
<?php
require __DIR__ . '/../include/redis.inc';
require __DIR__ . '/../include/parallel.inc';
use Tusk\Tests\Process;
use function Tusk\go;
use function Tusk\Tests\{each_of, free_port, temporary_folder};

ini_set('error_log', '/dev/null');
// Two nodes with half of the slots each.
$ports = $nodes = [];
foreach ([[0, 8191], [8192, 16383]] as [$from, $to]) {
    $ports[] = $port = free_port();
    $buses[] = $bus = free_port();
    Process::start(['redis-server', '--port', (string) $port, '--bind', '127.0.0.1', '--dir', temporary_folder(), '--save', '',
        '--appendonly', 'no', '--cluster-enabled', 'yes', '--cluster-port', (string) $bus])->waitForPort($port);
    $nodes[] = $node = new Redis();
    $node->connect('127.0.0.1', $port);
    $node->rawCommand('CLUSTER', 'ADDSLOTSRANGE', (string) $from, (string) $to);
}
$nodes[0]->rawCommand('CLUSTER', 'MEET', '127.0.0.1', (string) $ports[1], (string) $buses[1]);
$deadline = hrtime(true) + 30_000_000_000;
foreach ($nodes as $node) {
    while (!str_contains($node->rawCommand('CLUSTER', 'INFO'), 'cluster_state:ok') || count($node->rawCommand('CLUSTER', 'SLOTS')) < 2) {
        hrtime(true) < $deadline || exit('the cluster did not come up: ' . $node->rawCommand('CLUSTER', 'INFO'));
        usleep(20_000);
    }
}
$cluster = new RedisCluster(null, array_map(static fn (int $port): string => "127.0.0.1:$port", $ports), 10, 10);
// foo's slot is the second node's, bar's the first's.
$cluster->set('foo', 'of foo');
$cluster->set('bar', 'of bar');

$results = each_of(8, static fn (int $i): mixed => $i % 4 === 0
    ? $cluster->rawCommand('foo', 'WAIT', '1', '5') . $cluster->get('foo') : $cluster->get($i % 2 ? 'bar' : 'foo'));
echo json_encode($results), "\n";

$results = each_of(2, static function (int $i) use ($cluster): array {
    $key = $i ? 'bar' : 'foo';
    $cluster->multi();
    $cluster->set($key, $i);
    Tusk\sleep(0.001);
    $cluster->get($key);
    return $cluster->exec();
});
echo json_encode($results), "\n";

$waits = go(static fn (): mixed => $cluster->blPop(['foo-none'], 60));
Tusk\sleep(0);
$waits->cancel();
try {
    $waits->join();
} catch (Tusk\CancelledException $e) {
    echo get_class($e), "\n";
}
echo json_encode(each_of(4, static fn (int $i): mixed => $cluster->get($i % 2 ? 'bar' : 'foo'))), "\n";
?>
--EXPECT--
["0of foo","of bar","of foo","of bar","0of foo","of bar","of foo","of bar"]
[[true,"0"],[true,"1"]]
Tusk\CancelledException
["0","1","0","1"]
