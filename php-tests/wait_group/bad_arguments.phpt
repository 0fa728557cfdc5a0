--TEST--
What a wait group refuses
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\WaitGroup;
attempt('negative', fn () => new WaitGroup(-1));
attempt('text', fn () => new WaitGroup('x'));
attempt('two', fn () => new WaitGroup(1, 2));
$group = new WaitGroup(1);
attempt('add -1', fn () => $group->add(-1));
attempt('add too many', fn () => $group->add(PHP_INT_MAX));
attempt('add 0', fn () => $group->add(0));
attempt('wait -1', fn () => $group->wait(-1));
attempt('wait NAN', fn () => $group->wait(NAN));
attempt('wait 0', fn () => $group->wait(0));
attempt('wait', fn () => $group->wait(0.001));
attempt('nobody will', fn () => $group->wait());
attempt('done', fn () => $group->done());
attempt('once too often', fn () => $group->done());
attempt('wait now', fn () => $group->wait());
attempt('done with one', fn () => $group->done(1));
attempt('constructed twice', fn () => $group->__construct());
attempt('clone', fn () => clone $group);
attempt('serialize', fn () => serialize($group));
?>
--EXPECTF--
negative: ValueError: Tusk\WaitGroup::__construct(): Argument #1 ($count) must be zero or more
text: TypeError: Tusk\WaitGroup::__construct(): Argument #1 ($count) must be of type int, string given
two: ArgumentCountError: Tusk\WaitGroup::__construct() expects at most 1 argument, 2 given
add -1: ValueError: Tusk\WaitGroup::add(): Argument #1 ($count) must be zero or more; done() counts down
add too many: ValueError: Tusk\WaitGroup::add(): Argument #1 ($count) is more than can be counted
add 0: null
wait -1: ValueError: Tusk\WaitGroup::wait(): Argument #1 ($timeout) must be zero or more seconds, -1 given
wait NAN: ValueError: Tusk\WaitGroup::wait(): Argument #1 ($timeout) must be zero or more seconds, NaN given
wait 0: Tusk\TimeoutException: WaitGroup::wait() timed out
wait: Tusk\TimeoutException: WaitGroup::wait() timed out
nobody will: Tusk\MisuseError: deadlock: WaitGroup::wait() can never end, because every coroutine waits for another and no timer or I/O is under way; look for a channel nobody sends to, or a coroutine nobody resumes. Who waits for what:%A
done: null
once too often: Tusk\MisuseError: WaitGroup::done() was called more often than add() announced
wait now: null
done with one: ArgumentCountError: Tusk\WaitGroup::done() expects exactly 0 arguments, 1 given
constructed twice: Tusk\MisuseError: the constructor of this object was already called
clone: Error: Trying to clone an uncloneable object of class Tusk\WaitGroup
serialize: Exception: Serialization of 'Tusk\WaitGroup' is not allowed
