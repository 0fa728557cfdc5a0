--TEST--
Timers fire in order, once or again and again
--FILE--
<?php
use Tusk\EventLoop;
EventLoop::delay(0.003, fn () => print("third\n"));
EventLoop::delay(0.001, fn (string $a, string $b) => print("$a $b\n"), ['first', 'one']);
EventLoop::delay(0.002, fn () => print("second\n"));
$cancelled = EventLoop::delay(0.002, fn () => print("must not fire\n"));
$ticks = 0;
$repeating = EventLoop::repeat(0.001, function () use (&$ticks, &$repeating) {
    if (++$ticks === 5) {
        var_dump(EventLoop::cancelTimer($repeating));
        EventLoop::delay(0.005, EventLoop::stop(...));
    }
});
echo EventLoop::timerCount(), "\n";
var_dump(EventLoop::cancelTimer($cancelled), EventLoop::cancelTimer($cancelled), EventLoop::cancelTimer(12345), EventLoop::cancelTimer(-1), EventLoop::cancelTimer(0));
EventLoop::run();
echo "$ticks ticks, ", EventLoop::timerCount(), " timers\n";
EventLoop::delay(60, fn () => 1);
EventLoop::repeat(60, fn () => 1);
echo EventLoop::timerCount(), "\n";
EventLoop::cancelAllTimers();
echo EventLoop::timerCount(), ' ', Tusk\Runtime::stats()['timers'], "\n";
?>
--EXPECT--
5
bool(true)
bool(false)
bool(false)
bool(false)
bool(false)
first one
second
third
bool(true)
5 ticks, 0 timers
2
0 0
