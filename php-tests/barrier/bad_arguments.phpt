--TEST--
What a barrier refuses
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Barrier;
attempt('nobody', fn () => new Barrier());
attempt('0', fn () => new Barrier(0));
attempt('text', fn () => new Barrier('many'));
$barrier = new Barrier(2);
attempt('wait, negative', fn () => $barrier->wait(-1));
try { $barrier->wait(); } catch (Tusk\MisuseError $e) { echo strtok($e->getMessage(), ','), "\n"; }
attempt('constructed twice', fn () => $barrier->__construct(1));
attempt('clone', fn () => clone $barrier);
attempt('serialize', fn () => serialize($barrier));
--EXPECT--
nobody: ArgumentCountError: Tusk\Barrier::__construct() expects exactly 1 argument, 0 given
0: ValueError: Tusk\Barrier::__construct(): Argument #1 ($parties) must be one or more
text: TypeError: Tusk\Barrier::__construct(): Argument #1 ($parties) must be of type int, string given
wait, negative: ValueError: Tusk\Barrier::wait(): Argument #1 ($timeout) must be zero or more seconds, -1 given
deadlock: Barrier::wait() can never end
constructed twice: Tusk\MisuseError: the constructor of this object was already called
clone: Error: Trying to clone an uncloneable object of class Tusk\Barrier
serialize: Exception: Serialization of 'Tusk\Barrier' is not allowed
