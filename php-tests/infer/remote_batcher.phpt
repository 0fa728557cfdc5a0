--TEST--
Remote: behind a Batcher, one request for many; shapes, failures, a batch that nobody wants
--SKIPIF--
<?php require __DIR__ . '/../include/kserve.inc'; Tusk\Tests\skip_without_kserve_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/kserve.inc';
use Tusk\Device\Tensor;
use Tusk\Infer\Batcher;
use Tusk\Tests\KserveServer;
use function Tusk\go;
use function Tusk\Tests\ask;
$server = KserveServer::start();
$all = function (Batcher $batcher, array $items): array {
    $runs = array_map(fn ($item) => go(fn () => $batcher->infer($item)['sum']->toArray()), $items);
    return [array_map(fn ($run) => $run->join(), $runs), $batcher->stats()['sizes']];
};
$item = fn (int $x) => ['a' => [[$x, $x]], 'b' => [[100, 200]]];
ask($server, 'joined', function ($way) use ($server, $all, $item) {
    $batcher = new Batcher($server->model($way, 'add'), maxBatch: 4, maxDelay: 3600);
    $before = $server->counts()['begun'];
    $outcome = $all($batcher, array_map($item, range(1, 4)));
    return [...$outcome, $server->counts()['begun'] - $before];
});
ask($server, 'padded', fn ($way) => $all(
    new Batcher($server->model($way, 'add'), maxBatch: 2, maxDelay: 3600, pad: ['a' => 0, 'b' => -1]),
    [['a' => [[1]], 'b' => [[1]]], ['a' => [[1, 2]], 'b' => [[1, 1]]]],
));
ask($server, 'does not fit', fn ($way) => (new Batcher($server->model($way, 'add'), maxDelay: 0.0))->infer(['c' => [[1]]]));
ask($server, 'the server refuses', fn ($way) => (new Batcher($server->model($way, 'fail'), maxDelay: 0.0))->infer(['x' => Tensor::fromArray([[1]], 'f32')]));
ask($server, 'given up', function ($way) use ($server) {
    $batcher = new Batcher($server->model($way, 'hold'), maxDelay: 0.0);
    $before = $server->counts();
    $run = go(fn () => $batcher->infer(['x' => Tensor::fromArray([[1]], 'f32')]));
    $server->until('begun', $before['begun'] + 1);
    $run->cancel();
    $server->until('given_up', $before['given_up'] + 1);
    $run->join();
});
// One batch at each of two places at the same time.
ask($server, 'several', function ($way) use ($server) {
    $places = [$server->model($way, 'hold'), $server->model($way, 'hold')];
    $batcher = new Batcher($places, maxBatch: 1, maxDelay: 0.0);
    $begun = $server->counts()['begun'];
    $runs = array_map(fn ($x) => go(fn () => $batcher->infer(['x' => Tensor::fromArray([[$x]], 'i8')])['x']->toArray()[0][0]), [1, 2, 3]);
    $server->until('begun', $begun + 2);
    $seen = [$batcher->stats()['running'], $batcher->stats()['queued']];
    while (array_filter($runs, fn ($run) => !$run->isDone())) { $server->release(); }
    return [...$seen, ...array_map(fn ($run) => $run->join(), $runs)];
});
try { new Batcher([$server->model('grpc', 'hold'), 1]); } catch (TypeError) { echo "no list of them\n"; }
?>
--EXPECT--
joined, grpc: [[[[101,201]],[[102,202]],[[103,203]],[[104,204]]],{"4":1},1]
joined, http: [[[[101,201]],[[102,202]],[[103,203]],[[104,204]]],{"4":1},1]
padded, grpc: [[[[2,-1]],[[2,3]]],{"2":1}]
padded, http: [[[[2,-1]],[[2,3]]],{"2":1}]
does not fit, grpc: Tusk\MisuseError: cannot run a model: add: there is no input "c"; expected "a" f32[?, ?], "b" f32[?, ?]
does not fit, http: Tusk\MisuseError: cannot run a model: add: there is no input "c"; expected "a" f32[?, ?], "b" f32[?, ?]
the server refuses, grpc: Tusk\RemoteException 3: cannot ask an inference server: INVALID_ARGUMENT (3): the model said no (grpc://127.0.0.1:GRPC/fail)
the server refuses, http: Tusk\RemoteException 400: cannot ask an inference server: HTTP 400: the model said no (http://127.0.0.1:HTTP/v2/models/fail)
given up, grpc: Tusk\CancelledException: the coroutine was cancelled
given up, http: Tusk\CancelledException: the coroutine was cancelled
several, grpc: [2,1,1,2,3]
several, http: [2,1,1,2,3]
no list of them
