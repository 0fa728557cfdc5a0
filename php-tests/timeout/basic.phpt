--TEST--
timeout() returns the result, or cancels and throws when its finally has run
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
attempt('in time', fn () => Tusk\timeout(1, fn () => 'result'));
attempt('waits in time', fn () => Tusk\timeout(1, function () { Tusk\sleep(0.001); return 'result'; }));
attempt('too late', fn () => Tusk\timeout(0.001, function () {
    try {
        Tusk\sleep(10);
    } finally {
        echo "finally\n";
    }
}));
attempt('its own exception', fn () => Tusk\timeout(1, fn () => throw new LogicException('own')));
attempt('an exception in finally', fn () => Tusk\timeout(0.001, function () {
    try {
        Tusk\sleep(10);
    } finally {
        throw new LogicException('in finally');
    }
}));
attempt('it catches its cancel', fn () => Tusk\timeout(0.001, function () {
    try {
        Tusk\sleep(10);
    } catch (Throwable) {
        return 'too late anyway';
    }
}));
attempt('zero', fn () => Tusk\timeout(0, fn () => Tusk\sleep(0.01)));
attempt('the inner one', fn () => Tusk\timeout(1, fn () => Tusk\timeout(0.001, fn () => Tusk\sleep(10))));
attempt('the outer one', fn () => Tusk\timeout(0.001, fn () => Tusk\timeout(1, fn () => Tusk\sleep(10))));
attempt('INF', fn () => Tusk\timeout(INF, fn () => 'result'));
attempt('Channel inside', fn () => Tusk\timeout(0.001, fn () => (new Tusk\Channel())->receive()));
echo count(Tusk\Coroutine::all()), ' coroutine, ', Tusk\Runtime::stats()['timers'], " timers\n";
?>
--EXPECT--
in time: "result"
waits in time: "result"
finally
too late: Tusk\TimeoutException: Tusk\timeout() of 0.001 seconds timed out
its own exception: LogicException: own
an exception in finally: Tusk\TimeoutException: Tusk\timeout() of 0.001 seconds timed out <- LogicException: in finally <- Tusk\CancelledException: the coroutine was cancelled
it catches its cancel: Tusk\TimeoutException: Tusk\timeout() of 0.001 seconds timed out
zero: Tusk\TimeoutException: Tusk\timeout() of 0 seconds timed out
the inner one: Tusk\TimeoutException: Tusk\timeout() of 0.001 seconds timed out
the outer one: Tusk\TimeoutException: Tusk\timeout() of 0.001 seconds timed out
INF: "result"
Channel inside: Tusk\TimeoutException: Tusk\timeout() of 0.001 seconds timed out
1 coroutine, 0 timers
