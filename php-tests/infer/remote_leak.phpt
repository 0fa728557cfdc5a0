--TEST--
Remote: runs, failures, cancels and forgotten models leave nothing behind
--SKIPIF--
<?php require __DIR__ . '/../include/kserve.inc'; Tusk\Tests\skip_without_kserve_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/kserve.inc';
use Tusk\Device\Tensor;
use Tusk\Tests\KserveServer;
use function Tusk\go;
$server = KserveServer::start();
$x = ['x' => Tensor::fromString(str_repeat('x', 1 << 16), 'u8', [1 << 16])];
$round = function () use ($server, $x): void {
    foreach (['grpc', 'http'] as $way) {
        $server->model($way, 'echo')->run($x);
        try { $server->model($way, 'fail')->run($x); } catch (Tusk\RemoteException) {}
        $model = $server->model($way, 'hold');
        $run = go(fn () => $model->run($x));
        Tusk\sleep(0);
        $run->cancel();
        try { $run->join(); } catch (Tusk\CancelledException) {}
    }
};
for ($i = 0; $i < 20; $i++) { $round(); }
gc_collect_cycles();
$before = memory_get_usage();
$descriptors = count(scandir('/proc/self/fd'));
for ($i = 0; $i < 100; $i++) { $round(); }
gc_collect_cycles();
$grown = memory_get_usage() - $before;
echo $grown < 100_000 ? "no more memory\n" : "$grown bytes more\n";
// Connections are closed in their thread, a little later.
for ($i = 0; $i < 5000 && count(scandir('/proc/self/fd')) > $descriptors + 8; $i++) { $server->counts(); }
echo count(scandir('/proc/self/fd')) <= $descriptors + 8 ? "no more descriptors\n" : "more descriptors\n";
?>
--EXPECT--
no more memory
no more descriptors
