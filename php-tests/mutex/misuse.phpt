--TEST--
Locking twice, unlocking what one has not, and a lock whose coroutine has ended
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use function Tusk\go;
use Tusk\Mutex;
$mutex = new Mutex();
attempt('unlock a free one', fn () => $mutex->unlock());
$mutex->lock();
attempt('lock it again', fn () => $mutex->lock());
attempt('with it again', fn () => $mutex->with(fn () => 1));
attempt('try again', fn () => $mutex->tryLock());
go(fn () => attempt('unlock that of another', fn () => $mutex->unlock()))->join();
$mutex->unlock();
attempt('unlock twice', fn () => $mutex->unlock());
attempt('unlocked inside with()', fn () => $mutex->with(fn () => $mutex->unlock()));
attempt('unlocked inside with(), then thrown', fn () => $mutex->with(function () use ($mutex) { $mutex->unlock(); throw new LogicException('thrown'); }));
go(fn () => $mutex->lock())->join();
attempt('its coroutine has ended', fn () => $mutex->lock());
attempt('try it', fn () => $mutex->tryLock());
attempt('arguments', fn () => new Mutex(1));
attempt('timeout', fn () => (new Mutex())->lock(-1));
attempt('timeout NAN', fn () => (new Mutex())->lock(NAN));
attempt('with nothing', fn () => (new Mutex())->with('no_such_function'));
attempt('constructed twice', fn () => $mutex->__construct());
attempt('clone', fn () => clone $mutex);
attempt('serialize', fn () => serialize($mutex));
--EXPECT--
unlock a free one: Tusk\MisuseError: this coroutine does not have the lock: only the one that locked it may unlock it, once
lock it again: Tusk\MisuseError: this coroutine has the lock already: locking it again would wait for ever; call what needs it without locking, or unlock() first
with it again: Tusk\MisuseError: this coroutine has the lock already: locking it again would wait for ever; call what needs it without locking, or unlock() first
try again: false
unlock that of another: Tusk\MisuseError: this coroutine does not have the lock: only the one that locked it may unlock it, once
unlock twice: Tusk\MisuseError: this coroutine does not have the lock: only the one that locked it may unlock it, once
unlocked inside with(): Tusk\MisuseError: this coroutine does not have the lock: only the one that locked it may unlock it, once
unlocked inside with(), then thrown: LogicException: thrown
its coroutine has ended: Tusk\MisuseError: the coroutine that had the lock has ended without unlock(), so nobody can: what it protects may be half done; use with(), which unlocks whatever happens
try it: false
arguments: ArgumentCountError: Tusk\Mutex::__construct() expects exactly 0 arguments, 1 given
timeout: ValueError: Tusk\Mutex::lock(): Argument #1 ($timeout) must be zero or more seconds, -1 given
timeout NAN: ValueError: Tusk\Mutex::lock(): Argument #1 ($timeout) must be zero or more seconds, NaN given
with nothing: TypeError: Tusk\Mutex::with(): Argument #1 ($callable) must be a valid callback, function "no_such_function" not found or invalid function name
constructed twice: Tusk\MisuseError: the constructor of this object was already called
clone: Error: Trying to clone an uncloneable object of class Tusk\Mutex
serialize: Exception: Serialization of 'Tusk\Mutex' is not allowed
