--TEST--
What a scope refuses
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Scope;
attempt('limit 0', fn () => new Scope(0));
attempt('limit text', fn () => new Scope('many'));
attempt('negative time', fn () => new Scope(null, -1));
attempt('three', fn () => new Scope(1, 1, 1));
attempt('run nothing', fn () => Scope::run());
attempt('run text', fn () => Scope::run('no_such_function'));
$scope = new Scope();
attempt('go nothing', fn () => $scope->go());
attempt('go text', fn () => $scope->go('no_such_function'));
attempt('join, NAN', fn () => $scope->join(NAN));
attempt('from inside', fn () => Scope::run(fn (Scope $own) => $own->join()));
attempt('from further inside', fn () => Scope::run(fn (Scope $own) => $own->go(fn () => Tusk\run(fn () => $own->join()))->join()));
attempt('when it is over', function () { Scope::run(function (Scope $s) use (&$kept) { $kept = $s; }); $kept->go(fn () => 1); });
attempt('constructed twice', fn () => $scope->__construct());
attempt('clone', fn () => clone $scope);
attempt('serialize', fn () => serialize($scope));
--EXPECT--
limit 0: ValueError: Tusk\Scope::__construct(): Argument #1 ($limit) must be null or one or more
limit text: TypeError: Tusk\Scope::__construct(): Argument #1 ($limit) must be of type ?int, string given
negative time: ValueError: Tusk\Scope::__construct(): Argument #2 ($timeout) must be zero or more seconds, -1 given
three: ArgumentCountError: Tusk\Scope::__construct() expects at most 2 arguments, 3 given
run nothing: ArgumentCountError: Tusk\Scope::run() expects at least 1 argument, 0 given
run text: TypeError: Tusk\Scope::run(): Argument #1 ($callable) must be a valid callback, function "no_such_function" not found or invalid function name
go nothing: ArgumentCountError: Tusk\Scope::go() expects at least 1 argument, 0 given
go text: TypeError: Tusk\Scope::go(): Argument #1 ($callable) must be a valid callback, function "no_such_function" not found or invalid function name
join, NAN: ValueError: Tusk\Scope::join(): Argument #1 ($timeout) must be zero or more seconds, NaN given
from inside: Tusk\MisuseError: a coroutine cannot wait for the scope it runs in: it would wait for its own end for ever
from further inside: Tusk\MisuseError: a coroutine cannot wait for the scope it runs in: it would wait for its own end for ever
when it is over: Tusk\CancelledException: the scope has stopped (cancelled, failed, past its deadline or over): nothing is started in it
constructed twice: Tusk\MisuseError: the constructor of this object was already called
clone: Error: Trying to clone an uncloneable object of class Tusk\Scope
serialize: Exception: Serialization of 'Tusk\Scope' is not allowed
