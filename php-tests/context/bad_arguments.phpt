--TEST--
What a context refuses
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Context;
attempt('get nothing', fn () => Context::get());
attempt('get three', fn () => Context::get('a', 'b', 'c'));
attempt('get an array', fn () => Context::get([]));
attempt('set a name alone', fn () => Context::set('a'));
attempt('set an object as name', fn () => Context::set(new stdClass(), 1));
attempt('replace by text', fn () => Context::replace('a'));
attempt('with text', fn () => Context::with('a', fn () => 1));
attempt('with nothing to call', fn () => Context::with([], 'no_such_function'));
attempt('run nothing', fn () => Context::current()->run());
attempt('new with text', fn () => new Context('a'));
attempt('constructed twice', fn () => Context::current()->__construct([]));
attempt('clone', fn () => clone Context::current());
attempt('serialize', fn () => serialize(Context::current()));
attempt('nothing was set', fn () => Context::all());
--EXPECT--
get nothing: ArgumentCountError: Tusk\Context::get() expects at least 1 argument, 0 given
get three: ArgumentCountError: Tusk\Context::get() expects at most 2 arguments, 3 given
get an array: TypeError: Tusk\Context::get(): Argument #1 ($name) must be of type string, array given
set a name alone: ArgumentCountError: Tusk\Context::set() expects exactly 2 arguments, 1 given
set an object as name: TypeError: Tusk\Context::set(): Argument #1 ($name) must be of type string, stdClass given
replace by text: TypeError: Tusk\Context::replace(): Argument #1 ($values) must be of type array, string given
with text: TypeError: Tusk\Context::with(): Argument #1 ($values) must be of type array, string given
with nothing to call: TypeError: Tusk\Context::with(): Argument #2 ($callable) must be a valid callback, function "no_such_function" not found or invalid function name
run nothing: ArgumentCountError: Tusk\Context::run() expects exactly 1 argument, 0 given
new with text: TypeError: Tusk\Context::__construct(): Argument #1 ($values) must be of type array, string given
constructed twice: Tusk\MisuseError: the constructor of this object was already called
clone: Error: Trying to clone an uncloneable object of class Tusk\Context
serialize: Exception: Serialization of 'Tusk\Context' is not allowed
nothing was set: []
