--TEST--
One process runs one loop; it can stop and run again, and be cancelled
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\EventLoop;
EventLoop::delay(0.001, function () {
    attempt('inside', fn () => EventLoop::run());
    EventLoop::stop();
    EventLoop::stop();
});
EventLoop::run();
$loop = Tusk\go(fn () => EventLoop::run());
Tusk\sleep(0);
EventLoop::delay(0.001, fn () => print("in a coroutine's loop\n"));
Tusk\sleep(0.005);
$loop->cancel();
attempt('cancelled', fn () => $loop->join());
EventLoop::delay(0.001, EventLoop::stop(...));
attempt('again', fn () => EventLoop::run());
attempt('without a loop', function () {
    $called = 0;
    EventLoop::delay(0.001, function () use (&$called) { $called++; });
    Tusk\sleep(0.005);
    return $called;
});
?>
--EXPECT--
inside: Tusk\MisuseError: the event loop is already running: one process has one
in a coroutine's loop
cancelled: Tusk\CancelledException: the coroutine was cancelled
again: null
without a loop: 1
