--TEST--
Session: in the child of a fork it says where to open it; opened only there it works
--EXTENSIONS--
pcntl
--SKIPIF--
<?php require __DIR__ . "/../include/onnx.inc"; Tusk\Tests\skip_without_onnx(); ?>
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
require __DIR__ . '/../include/onnx.inc';
use function Tusk\Tests\{attempt, onnx_add};
use Tusk\Infer\Session;
$path = onnx_add();
$inputs = ['a' => [[1]], 'b' => [[2]]];
if (!($child = pcntl_fork())) {
    attempt('opened in the child', fn () => (new Session($path))->run($inputs)['sum']->toArray());
    posix_kill(getmypid(), SIGKILL);
}
pcntl_waitpid($child, $status);
$session = new Session($path);
if (!($child = pcntl_fork())) {
    attempt('opened by the parent', fn () => $session->run($inputs));
    attempt('opened again', fn () => new Session($path));
    posix_kill(getmypid(), SIGKILL);
}
pcntl_waitpid($child, $status);
attempt('the parent', fn () => $session->run($inputs)['sum']->toArray());
?>
--EXPECT--
opened in the child: [[3]]
opened by the parent: Tusk\MisuseError: cannot use ONNX Runtime: it was started before this process forked, and its threads are the parent's; open sessions in the child: in workerman, in onWorkerStart
opened again: Tusk\MisuseError: cannot use ONNX Runtime: it was started before this process forked, and its threads are the parent's; open sessions in the child: in workerman, in onWorkerStart
the parent: [[3]]
