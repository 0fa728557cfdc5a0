--TEST--
Remote: connections are kept and shared; a bound on them and on requests
--SKIPIF--
<?php require __DIR__ . '/../include/kserve.inc'; Tusk\Tests\skip_without_kserve_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/kserve.inc';
use Tusk\Device\Tensor;
use Tusk\Tests\KserveServer;
use function Tusk\go;
$server = KserveServer::start();
$x = ['x' => Tensor::fromArray([1, 2, 3], 'i16')];
// One after the other: one connection.
$model = $server->model('http', 'echo');
for ($i = 0; $i < 20; $i++) { $model->run($x); }
echo $server->counts()['connections'], " connection\n";
// At once, as many as allowed; the others wait their turn.
$model = $server->model('http', 'hold', ['connections' => 3]);
$model->inputs();
$before = $server->counts();
$runs = array_map(fn () => go(fn () => $model->run($x)['x']->toArray()), range(1, 10));
$server->until('begun', $before['begun'] + 3);
// Who has an answer makes room for the next.
while (array_filter($runs, fn ($run) => !$run->isDone())) { $server->release(); }
$after = $server->counts();
echo $after['begun'] - $before['begun'], ' runs over ', $after['connections'] - $before['connections'] + 1, " connections\n";
// Beyond the bound of requests one is refused at once.
foreach (['grpc', 'http'] as $way) {
    $model = $server->model($way, 'hold', ['calls' => 2]);
    $model->inputs();
    $begun = $server->counts()['begun'];
    $runs = [go(fn () => $model->run($x)), go(fn () => $model->run($x))];
    $server->until('begun', $begun + 2);
    try { $model->run($x); } catch (Tusk\OverloadedException) { echo "$way: overloaded\n"; }
    while (array_filter($runs, fn ($run) => !$run->isDone())) { $server->release(); }
}
// Many at once, each gets its own answer.
foreach (['grpc', 'http'] as $way) {
    $model = $server->model($way, 'add', $way === 'http' ? ['connections' => 16] : []);
    $runs = [];
    for ($i = 0; $i < 500; $i++) {
        $runs[] = go(fn () => $model->run(['a' => [[$i]], 'b' => [[1]]])['sum']->toArray()[0][0] === $i + 1.0);
    }
    echo "$way: ", count(array_filter($runs, fn ($run) => $run->join())), "\n";
}
?>
--EXPECT--
1 connection
10 runs over 3 connections
grpc: overloaded
http: overloaded
grpc: 500
http: 500
