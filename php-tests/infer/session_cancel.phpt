--TEST--
Session: a cancel, a timeout and the end of the script stop the run; others go on meanwhile
--SKIPIF--
<?php require __DIR__ . "/../include/onnx.inc"; Tusk\Tests\skip_without_onnx(); ?>
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
require __DIR__ . '/../include/onnx.inc';
use function Tusk\Tests\{attempt, onnx_add, onnx_endless};
use Tusk\Device\Tensor;
use Tusk\Infer\{Batcher, Session};
use function Tusk\go;
$row = array_fill(0, 384, 0.5);
$inputs = ['x' => Tensor::fromArray(array_fill(0, 384, $row), 'f32')];
$inputs['w'] = $inputs['x'];
// It ends only when it is stopped.
$long = new Session(onnx_endless(384));
attempt('timeout', fn () => $long->run($inputs, 0.01));
$run = go(fn () => $long->run($inputs));
$behind = go(fn () => $long->run($inputs));
Tusk\sleep(0);
// Another model is not held up, nor is this thread.
echo json_encode((new Session(onnx_add()))->run(['a' => [[1]], 'b' => [[2]]])['sum']->toArray()), "\n";
$behind->cancel();
$run->cancel();
attempt('waiting', fn () => $behind->join());
attempt('running', fn () => $run->join());
// A batch that nobody wants is stopped, and its instance is free for the next.
$batcher = new Batcher($long, maxBatch: 384, maxDelay: 0.0, axes: ['w' => null]);
attempt('batch', fn () => $batcher->infer($inputs, 0.01));
while ($batcher->stats()['running']) { Tusk\sleep(0.001); }
echo json_encode([$batcher->stats()['expired'], $batcher->stats()['queued']]), "\n";
// The script ends while a run is at it.
go(fn () => $long->run($inputs));
Tusk\sleep(0);
echo "end\n";
exit(0);
?>
--EXPECT--
timeout: Tusk\TimeoutException: Session::run() timed out
[[3]]
waiting: Tusk\CancelledException: the coroutine was cancelled
running: Tusk\CancelledException: the coroutine was cancelled
batch: Tusk\TimeoutException: Batcher::infer() timed out
[1,0]
end
