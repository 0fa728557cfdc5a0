--TEST--
Remote: a cancel, a timeout and the end of the script give the request up at the server too
--SKIPIF--
<?php require __DIR__ . '/../include/kserve.inc'; Tusk\Tests\skip_without_kserve_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/kserve.inc';
use Tusk\Device\Tensor;
use Tusk\Tests\KserveServer;
use function Tusk\go;
use function Tusk\Tests\ask;
$server = KserveServer::start();
$x = ['x' => Tensor::fromArray([1, 2], 'i32')];
$given_up = 0;
ask($server, 'timeout', function ($way) use ($server, $x, &$given_up) {
    $model = $server->model($way, 'hold');
    $begun = $server->counts()['begun'];
    // On a slow machine the time may be over before the server has seen it.
    do {
        try { $model->run($x, 0.05); } catch (Tusk\TimeoutException $late) {}
    } while ($server->counts()['begun'] === $begun);
    $server->until('given_up', $given_up += $server->counts()['begun'] - $begun);
    return [$late::class, $late->getCode()];
});
ask($server, 'none left', fn ($way) => $server->model($way, 'hold')->run($x, 0.0));
ask($server, 'cancel', function ($way) use ($server, $x, &$given_up) {
    static $begun;
    $begun ??= $server->counts()['begun'];
    $model = $server->model($way, 'hold');
    $run = go(fn () => $model->run($x));
    $server->until('begun', ++$begun);
    $run->cancel();
    try {
        $run->join();
    } finally {
        $server->until('given_up', ++$given_up);
    }
});
// The model object goes while a coroutine is in it: the request does not.
ask($server, 'destroyed', function ($way) use ($server, $x) {
    $begun = $server->counts()['begun'];
    $model = $server->model($way, 'hold');
    $run = go(fn () => $model->run($x)['x']->toArray());
    $server->until('begun', $begun + 1);
    unset($model);
    $server->release();
    return $run->join();
});
// One that waits longer than others holds nobody up.
ask($server, 'others', function ($way) use ($server, $x) {
    $model = $server->model($way, 'hold');
    $held = array_map(fn () => go(fn () => $model->run($x)['x']->toArray()), range(1, 8));
    $echo = $server->model($way, 'echo')->run($x)['x']->toArray();
    while (array_filter($held, fn ($one) => !$one->isDone())) {
        $server->release();
    }
    return [$echo, count(array_filter($held, fn ($one) => $one->join() === [1, 2]))];
});
// The end of a script cancels what is left, however it comes.
$given_up = $server->counts()['given_up'];
$begin = 'use Tusk\Infer\Remote; use function Tusk\go;
    foreach (["grpc://127.0.0.1:' . $server->grpc . '/", "http://127.0.0.1:' . $server->http . '/v2/models/"] as $url) {
        $x = ["x" => Tusk\Device\Tensor::fromArray([1], "i8")];
        $before = (new Remote($url . "stats"))->run([])["y"]->toArray()[0];
        $run = go(fn () => (new Remote($url . "hold"))->run($x));
        while ((new Remote($url . "stats"))->run([])["y"]->toArray()[0] === $before) {}
    }';
foreach (['exit(3);', 'go(fn () => exit(4))->join();', 'nothing();'] as $end) {
    $process = Tusk\Tests\Process::start([...Tusk\Tests\php_with_tusk(), '-d', 'display_errors=0', '-r', $begin . $end]);
    echo $process->wait(), ' ', $process->output(), "\n";
    $server->until('given_up', $given_up += 2);
}
?>
--EXPECT--
timeout, grpc: ["Tusk\\TimeoutException",4]
timeout, http: ["Tusk\\TimeoutException",0]
none left, grpc: Tusk\TimeoutException 4: cannot ask an inference server: DEADLINE_EXCEEDED (4): the deadline passed before a connection was there (grpc://127.0.0.1:GRPC/hold)
none left, http: Tusk\TimeoutException: cannot ask an inference server: the deadline passed before ipv4:127.0.0.1:HTTP had answered (http://127.0.0.1:HTTP/v2/models/hold)
cancel, grpc: Tusk\CancelledException: the coroutine was cancelled
cancel, http: Tusk\CancelledException: the coroutine was cancelled
destroyed, grpc: [1,2]
destroyed, http: [1,2]
others, grpc: [[1,2],8]
others, http: [[1,2],8]
3 
4 
255
