--TEST--
shield() takes a callable and seconds
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Coroutine;
attempt('none', fn () => Coroutine::shield());
attempt('three', fn () => Coroutine::shield(fn () => 1, 1, 1));
attempt('negative', fn () => Coroutine::shield(fn () => 1, -1));
attempt('NAN', fn () => Coroutine::shield(fn () => 1, NAN));
attempt('not callable', fn () => Coroutine::shield('nothing'));
attempt('by name', fn () => Coroutine::shield(grace: 1, callable: fn () => 1));
attempt('defer nothing', fn () => Coroutine::defer());
attempt('defer no callable', fn () => Coroutine::defer(1));
attempt('cancel with an argument', fn () => Coroutine::current()->cancel(1));
attempt('resume with two', fn () => Coroutine::current()->resume(1, 2));
attempt('current with one', fn () => Coroutine::current(1));
attempt('new', fn () => new Coroutine());
attempt('without a constructor', fn () => (new ReflectionClass(Coroutine::class))->newInstanceWithoutConstructor());
attempt('clone', fn () => clone Coroutine::current());
attempt('serialize', fn () => serialize(Coroutine::current()));
attempt('unserialize', fn () => unserialize('O:14:"Tusk\Coroutine":0:{}'));
attempt('property', function () { Coroutine::current()->x = 1; });
?>
--EXPECT--
none: ArgumentCountError: Tusk\Coroutine::shield() expects at least 1 argument, 0 given
three: ArgumentCountError: Tusk\Coroutine::shield() expects at most 2 arguments, 3 given
negative: ValueError: Tusk\Coroutine::shield(): Argument #2 ($grace) must be zero or more seconds, -1 given
NAN: ValueError: Tusk\Coroutine::shield(): Argument #2 ($grace) must be zero or more seconds, NaN given
not callable: TypeError: Tusk\Coroutine::shield(): Argument #1 ($callable) must be a valid callback, function "nothing" not found or invalid function name
by name: 1
defer nothing: ArgumentCountError: Tusk\Coroutine::defer() expects exactly 1 argument, 0 given
defer no callable: TypeError: Tusk\Coroutine::defer(): Argument #1 ($callable) must be a valid callback, no array or string given
cancel with an argument: ArgumentCountError: Tusk\Coroutine::cancel() expects exactly 0 arguments, 1 given
resume with two: ArgumentCountError: Tusk\Coroutine::resume() expects at most 1 argument, 2 given
current with one: ArgumentCountError: Tusk\Coroutine::current() expects exactly 0 arguments, 1 given
new: Tusk\MisuseError: Coroutines are made by Tusk\go(), not by new: call Tusk\go(callable, ...args)
without a constructor: ReflectionException: Class Tusk\Coroutine is an internal class marked as final that cannot be instantiated without invoking its constructor
clone: Error: Trying to clone an uncloneable object of class Tusk\Coroutine
serialize: Exception: Serialization of 'Tusk\Coroutine' is not allowed
unserialize: Exception: Unserialization of 'Tusk\Coroutine' is not allowed
property: Error: Cannot create dynamic property Tusk\Coroutine::$x
