--TEST--
What a pool cannot be is said when it is made
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/attempt.inc';

use Tusk\Pool\{Lease, Pool};
use function Tusk\Tests\attempt;

$make = fn () => new stdClass();
attempt('max 0', fn () => new Pool($make, max: 0));
attempt('max -1', fn () => new Pool($make, max: -1));
attempt('max as text', fn () => new Pool($make, max: '8'));
attempt('min above max', fn () => new Pool($make, max: 2, min: 3));
attempt('no callable', fn () => new Pool('no such function'));
attempt('reset', fn () => new Pool($make, reset: 'no such function'));
attempt('waitTimeout', fn () => new Pool($make, waitTimeout: -1.0));
attempt('idleTimeout', fn () => new Pool($make, idleTimeout: NAN));
attempt('unknown', fn () => new Pool($make, size: 3));
$pool = new Pool($make, max: 2, idleTimeout: null, maxLifetime: null);
attempt('twice', fn () => $pool->__construct($make));
attempt('acquire', fn () => $pool->acquire(-0.5));
attempt('with', fn () => $pool->with(1));
attempt('resize', fn () => $pool->resize(0));
attempt('clone', fn () => clone $pool);
attempt('serialize', fn () => serialize($pool));
attempt('lease', fn () => (new Lease())->get());
attempt('extend', fn () => (new ReflectionClass(Pool::class))->isFinal());
?>
--EXPECT--
max 0: Tusk\MisuseError: new Tusk\Pool\Pool(): max must be between 1 and 10000, and is 0
max -1: ValueError: Tusk\Pool\Pool::__construct(): Argument #2 ($max) must be zero or more
max as text: TypeError: Tusk\Pool\Pool::__construct(): Argument #2 ($max) must be of type int, string given
min above max: Tusk\MisuseError: new Tusk\Pool\Pool(): min (3) must not be above max (2)
no callable: TypeError: Tusk\Pool\Pool::__construct(): Argument #1 ($factory) must be a valid callback, function "no such function" not found or invalid function name
reset: TypeError: Tusk\Pool\Pool::__construct(): Argument #4 ($reset) must be a valid callback, function "no such function" not found or invalid function name
waitTimeout: ValueError: Tusk\Pool\Pool::__construct(): Argument #6 ($waitTimeout) must be zero or more, -1 given
idleTimeout: ValueError: Tusk\Pool\Pool::__construct(): Argument #7 ($idleTimeout) must be zero or more seconds, NaN given
unknown: Error: Unknown named parameter $size
twice: Tusk\MisuseError: the constructor of this object was already called
acquire: ValueError: Tusk\Pool\Pool::acquire(): Argument #1 ($timeout) must be zero or more seconds, -0.5 given
with: TypeError: Tusk\Pool\Pool::with(): Argument #1 ($callable) must be a valid callback, no array or string given
resize: Tusk\MisuseError: Pool::resize(): max must be between 1 and 10000, and is 0
clone: Error: Trying to clone an uncloneable object of class Tusk\Pool\Pool
serialize: Exception: Serialization of 'Tusk\Pool\Pool' is not allowed
lease: Tusk\MisuseError: the object was not constructed: call parent::__construct()
extend: true
