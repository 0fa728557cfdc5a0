--TEST--
timeout() takes seconds and a callable
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
attempt('none', fn () => Tusk\timeout());
attempt('one', fn () => Tusk\timeout(1));
attempt('three', fn () => Tusk\timeout(1, fn () => 1, 2));
attempt('negative', fn () => Tusk\timeout(-1, fn () => 1));
attempt('NAN', fn () => Tusk\timeout(NAN, fn () => 1));
attempt('text', fn () => Tusk\timeout('x', fn () => 1));
attempt('not callable', fn () => Tusk\timeout(1, 'nothing'));
attempt('null', fn () => Tusk\timeout(null, fn () => 1));
?>
--EXPECTF--
none: ArgumentCountError: Tusk\timeout() expects exactly 2 arguments, 0 given
one: ArgumentCountError: Tusk\timeout() expects exactly 2 arguments, 1 given
three: ArgumentCountError: Tusk\timeout() expects exactly 2 arguments, 3 given
negative: ValueError: Tusk\timeout(): Argument #1 ($seconds) must be zero or more seconds, -1 given
NAN: ValueError: Tusk\timeout(): Argument #1 ($seconds) must be zero or more seconds, NaN given
text: TypeError: Tusk\timeout(): Argument #1 ($seconds) must be of type float, string given
not callable: TypeError: Tusk\timeout(): Argument #2 ($callable) must be a valid callback, function "nothing" not found or invalid function name

Deprecated: Tusk\timeout(): Passing null to parameter #1 ($seconds) of type float is deprecated in %s on line 11
null: 1
