--TEST--
retry() calls again what failed, as long and as often as it is told
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use function Tusk\{go, retry};
class Own extends RuntimeException {}
$fails = function (int $times, string $class = 'RuntimeException') {
    return function (int $attempt) use ($times, $class) {
        echo "$attempt ";
        if ($attempt <= $times) { throw new $class("attempt $attempt"); }
        return "done at $attempt";
    };
};
attempt('at once', fn () => retry($fails(0)));
attempt('third time', fn () => retry($fails(2), delay: 0.0001));
attempt('not often enough', fn () => retry($fails(3), delay: 0));
attempt('one attempt', fn () => retry($fails(1), attempts: 1));
attempt('an Error is not tried again', fn () => retry($fails(2, 'TypeError'), delay: 0));
attempt('unless told', fn () => retry($fails(2, 'TypeError'), delay: 0, on: 'Error'));
attempt('only some', fn () => retry($fails(2), delay: 0, on: ['Own', 'LogicException']));
attempt('a subclass', fn () => retry($fails(2, 'Own'), delay: 0, on: ['RuntimeException']));
attempt('no time left', fn () => retry($fails(2), delay: 60, jitter: false, timeout: 1));
$start = hrtime(true);
retry(function (int $attempt) { if ($attempt < 4) throw new Own(); }, 4, 0.002, 2.0, 0.004, false);
$ms = (hrtime(true) - $start) / 1e6;
echo $ms >= 10 && $ms < 500 ? "2 + 4 + 4 ms\n" : "$ms ms\n";
// Others run while it waits, and a cancel ends it.
$cancelled = go(fn () => retry(fn () => throw new Own('never seen'), 100, 60));
Tusk\sleep(0);
$cancelled->cancel();
attempt('cancelled', fn () => $cancelled->join());
attempt('cancelled inside', function () {
    $inside = go(fn () => retry(function (int $attempt) { echo "$attempt "; Tusk\sleep(60); }, on: 'Throwable'));
    Tusk\sleep(0);
    $inside->cancel();
    $inside->join();
});
attempt('nothing', fn () => retry());
attempt('0 attempts', fn () => retry(fn () => 1, 0));
attempt('negative delay', fn () => retry(fn () => 1, 1, -1));
attempt('factor NAN', fn () => retry(fn () => 1, 1, 1, NAN));
attempt('unknown class', fn () => retry(fn () => 1, on: ['Nobody']));
attempt('a number as class', fn () => retry(fn () => 1, on: [1]));
try { retry(function () { exit("exit is not an exception\n"); }, on: 'Throwable', delay: 0); } finally { echo "finally\n"; }
--EXPECT--
1 at once: "done at 1"
1 2 3 third time: "done at 3"
1 2 3 not often enough: RuntimeException: attempt 3
1 one attempt: RuntimeException: attempt 1
1 an Error is not tried again: TypeError: attempt 1
1 2 3 unless told: "done at 3"
1 only some: RuntimeException: attempt 1
1 2 3 a subclass: "done at 3"
1 no time left: RuntimeException: attempt 1
2 + 4 + 4 ms
cancelled: Tusk\CancelledException: the coroutine was cancelled
1 cancelled inside: Tusk\CancelledException: the coroutine was cancelled
nothing: ArgumentCountError: Tusk\retry() expects at least 1 argument, 0 given
0 attempts: ValueError: Tusk\retry(): Argument #2 ($attempts) must be one or more
negative delay: ValueError: Tusk\retry(): Argument #3 ($delay) must be zero or more, -1 given
factor NAN: ValueError: Tusk\retry(): Argument #4 ($factor) must be zero or more, NaN given
unknown class: ValueError: Tusk\retry(): Argument #7 ($on) must name classes of exceptions, "Nobody" is none
a number as class: TypeError: Tusk\retry(): Argument #7 ($on) must be a class name or a list of them
exit is not an exception
