--TEST--
go() refuses what cannot be called
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
attempt('nothing', fn () => Tusk\go());
attempt('a number', fn () => Tusk\go(1));
attempt('null', fn () => Tusk\go(null));
attempt('no such function', fn () => Tusk\go('no_such_function'));
attempt('no such method', fn () => Tusk\go(['Exception', 'no']));
attempt('not static', fn () => Tusk\go('Exception::getMessage'));
attempt('too few for the callee', fn () => Tusk\go(fn (int $a) => $a)->join());
attempt('wrong for the callee', fn () => Tusk\go(fn (int $a) => $a, 'x')->join());
attempt('unknown name', fn () => Tusk\go(fn (int $a) => $a, 1, b: 2)->join());
attempt('by name', fn () => Tusk\go(callable: fn () => 1)->join());
?>
--EXPECTF--
nothing: ArgumentCountError: Tusk\go() expects at least 1 argument, 0 given
a number: TypeError: Tusk\go(): Argument #1 ($callable) must be a valid callback, no array or string given
null: TypeError: Tusk\go(): Argument #1 ($callable) must be a valid callback, no array or string given
no such function: TypeError: Tusk\go(): Argument #1 ($callable) must be a valid callback, function "no_such_function" not found or invalid function name
no such method: TypeError: Tusk\go(): Argument #1 ($callable) must be a valid callback, class Exception does not have a method "no"
not static: TypeError: Tusk\go(): Argument #1 ($callable) must be a valid callback, non-static method Exception::getMessage() cannot be called statically
too few for the callee: ArgumentCountError: Too few arguments to function {closure%S}(), 0 passed and exactly 1 expected
wrong for the callee: TypeError: {closure%S}(): Argument #1 ($a) must be of type int, string given
unknown name: Error: Unknown named parameter $b
by name: 1
