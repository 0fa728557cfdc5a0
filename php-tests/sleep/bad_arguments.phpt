--TEST--
sleep() takes zero or more seconds
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
attempt('none', fn () => Tusk\sleep());
attempt('two', fn () => Tusk\sleep(0, 0));
attempt('negative', fn () => Tusk\sleep(-0.5));
attempt('negative int', fn () => Tusk\sleep(-1));
attempt('NAN', fn () => Tusk\sleep(NAN));
attempt('text', fn () => Tusk\sleep('soon'));
attempt('numeric text', fn () => Tusk\sleep('0.001'));
attempt('array', fn () => Tusk\sleep([]));
attempt('by name', fn () => Tusk\sleep(seconds: 0));
attempt('bool', fn () => Tusk\sleep(false));
attempt('INF alone', fn () => Tusk\sleep(INF));
$forever = Tusk\go(fn () => Tusk\sleep(INF));
$long = Tusk\go(fn () => Tusk\sleep(1e300));
Tusk\sleep(0.001);
$forever->cancel();
$long->cancel();
attempt('INF', fn () => $forever->join());
attempt('1e300', fn () => $long->join());
attempt('null', fn () => Tusk\sleep(null));
?>
--EXPECTF--
none: ArgumentCountError: Tusk\sleep() expects exactly 1 argument, 0 given
two: ArgumentCountError: Tusk\sleep() expects exactly 1 argument, 2 given
negative: ValueError: Tusk\sleep(): Argument #1 ($seconds) must be zero or more seconds, -0.5 given
negative int: ValueError: Tusk\sleep(): Argument #1 ($seconds) must be zero or more seconds, -1 given
NAN: ValueError: Tusk\sleep(): Argument #1 ($seconds) must be zero or more seconds, NaN given
text: TypeError: Tusk\sleep(): Argument #1 ($seconds) must be of type float, string given
numeric text: null
array: TypeError: Tusk\sleep(): Argument #1 ($seconds) must be of type float, array given
by name: null
bool: null
INF alone: Tusk\MisuseError: deadlock: Tusk\sleep() can never end, because every coroutine waits for another and no timer or I/O is under way; look for a channel nobody sends to, or a coroutine nobody resumes. Who waits for what:%A
INF: Tusk\CancelledException: the coroutine was cancelled
1e300: Tusk\CancelledException: the coroutine was cancelled

Deprecated: Tusk\sleep(): Passing null to parameter #1 ($seconds) of type float is deprecated in %s on line 22
null: null
