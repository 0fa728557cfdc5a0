--TEST--
join() gives the result, or throws the same exception to each who joins
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
$object = new stdClass();
$gives = Tusk\go(function () use ($object) { Tusk\sleep(0.001); return $object; });
var_dump($gives->join() === $object, $gives->join() === $object, $gives->join(0) === $object);
$exception = new LogicException('the one');
$fails = Tusk\go(function () use ($exception) { Tusk\sleep(0.001); throw $exception; });
for ($i = 0; $i < 3; $i++) {
    $joiners[] = Tusk\go(function () use ($fails, $exception) {
        try {
            $fails->join();
        } catch (LogicException $caught) {
            return $caught === $exception;
        }
    });
}
foreach ($joiners as $joiner) {
    var_dump($joiner->join());
}
attempt('after its end', fn () => $fails->join());
var_dump($exception->getPrevious());
$slow = Tusk\go(function () { return Tusk\Coroutine::suspend(); });
attempt('too early', fn () => $slow->join(0.001));
attempt('at once', fn () => $slow->join(0));
$slow->resume('slow');
attempt('in time', fn () => $slow->join(30.0));
attempt('negative', fn () => $slow->join(-1));
attempt('NAN', fn () => $slow->join(NAN));
attempt('two', fn () => $slow->join(1, 2));
attempt('itself', fn () => Tusk\go(fn () => Tusk\Coroutine::current()->join())->join());
attempt('main by main', fn () => Tusk\Coroutine::current()->join());
$main = Tusk\Coroutine::current();
attempt('main', fn () => Tusk\go(fn () => $main->join())->join());
attempt('null', fn () => Tusk\go(fn () => null)->join());
$a = Tusk\go(function () use (&$b) { Tusk\sleep(0); return $b->join(); });
$b = Tusk\go(function () use (&$a) { Tusk\sleep(0); return $a->join(); });
attempt('a ring', fn () => $a->join());
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
after its end: LogicException: the one
NULL
too early: Tusk\TimeoutException: join() of coroutine #6 timed out
at once: Tusk\TimeoutException: join() of coroutine #6 timed out
in time: "slow"
negative: ValueError: Tusk\Coroutine::join(): Argument #1 ($timeout) must be zero or more seconds, -1 given
NAN: ValueError: Tusk\Coroutine::join(): Argument #1 ($timeout) must be zero or more seconds, NaN given
two: ArgumentCountError: Tusk\Coroutine::join() expects at most 1 argument, 2 given
itself: Tusk\MisuseError: a coroutine cannot join itself: it would wait for its own end for ever
main by main: Tusk\MisuseError: a coroutine cannot join itself: it would wait for its own end for ever
main: Tusk\MisuseError: coroutine 0, the main script, cannot be joined: it ends after all others
null: null
a ring: Tusk\MisuseError: deadlock: join() of coroutine #10 can never end, because every coroutine waits for another and no timer or I/O is under way; look for a channel nobody sends to, or a coroutine nobody resumes
