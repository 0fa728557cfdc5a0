--TEST--
resume() answers one suspend(), with a value
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Coroutine;
$coroutine = Tusk\go(function () {
    while (($value = Coroutine::suspend()) !== 'stop') {
        echo 'got ', json_encode($value), "\n";
    }
    return 'stopped';
});
attempt('before it starts', fn () => $coroutine->resume());
Tusk\sleep(0);
$coroutine->resume(1);
attempt('twice', fn () => $coroutine->resume(2));
Tusk\sleep(0);
$coroutine->resume();
Tusk\sleep(0);
$coroutine->resume([1, 2]);
Tusk\sleep(0);
$coroutine->resume('stop');
echo $coroutine->join(), "\n";
attempt('after its end', fn () => $coroutine->resume());
$sleeps = Tusk\go(fn () => Tusk\sleep(0.005));
Tusk\sleep(0);
attempt('while it sleeps', fn () => $sleeps->resume());
attempt('itself', fn () => Tusk\go(fn () => Coroutine::current()->resume())->join());
$main = Coroutine::current();
Tusk\go(fn () => $main->resume('for main'));
echo Coroutine::suspend(), "\n";
$both = Tusk\go(fn () => Coroutine::suspend());
Tusk\sleep(0);
$both->resume('lost');
$both->cancel();
attempt('cancelled after it was resumed', fn () => $both->join());
attempt('nobody resumes', fn () => Coroutine::suspend());
attempt('with an argument', fn () => Coroutine::suspend(1));
?>
--EXPECTF--
before it starts: Tusk\MisuseError: coroutine #1 is not in Coroutine::suspend(): it was resumed already, runs, or waits for something else; resume() answers exactly one suspend()
twice: Tusk\MisuseError: coroutine #1 is not in Coroutine::suspend(): it was resumed already, runs, or waits for something else; resume() answers exactly one suspend()
got 1
got null
got [1,2]
stopped
after its end: Tusk\MisuseError: coroutine #1 has ended; it cannot be resumed
while it sleeps: Tusk\MisuseError: coroutine #2 is not in Coroutine::suspend(): it was resumed already, runs, or waits for something else; resume() answers exactly one suspend()
itself: Tusk\MisuseError: coroutine #3 is not in Coroutine::suspend(): it was resumed already, runs, or waits for something else; resume() answers exactly one suspend()
for main
cancelled after it was resumed: Tusk\CancelledException: the coroutine was cancelled
nobody resumes: Tusk\MisuseError: deadlock: Coroutine::suspend() can never end, because every coroutine waits for another and no timer or I/O is under way; look for a channel nobody sends to, or a coroutine nobody resumes. Who waits for what:%A
with an argument: ArgumentCountError: Tusk\Coroutine::suspend() expects exactly 0 arguments, 1 given
