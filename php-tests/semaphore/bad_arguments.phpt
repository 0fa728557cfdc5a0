--TEST--
What a semaphore refuses
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Semaphore;
attempt('no permits', fn () => new Semaphore());
attempt('0 permits', fn () => new Semaphore(0));
attempt('text', fn () => new Semaphore('many'));
$semaphore = new Semaphore(2);
attempt('acquire 0', fn () => $semaphore->acquire(0));
attempt('acquire 3', fn () => $semaphore->acquire(3));
attempt('acquire, negative time', fn () => $semaphore->acquire(1, -1));
attempt('try 3', fn () => $semaphore->tryAcquire(3));
attempt('release of none', fn () => $semaphore->release());
$semaphore->acquire();
attempt('release of more', fn () => $semaphore->release(2));
attempt('still one taken', fn () => $semaphore->available());
attempt('released inside with()', fn () => $semaphore->with(fn () => $semaphore->release(2)));
attempt('with text', fn () => $semaphore->with('no_such_function'));
attempt('constructed twice', fn () => $semaphore->__construct(1));
attempt('clone', fn () => clone $semaphore);
attempt('serialize', fn () => serialize($semaphore));
--EXPECT--
no permits: ArgumentCountError: Tusk\Semaphore::__construct() expects exactly 1 argument, 0 given
0 permits: ValueError: Tusk\Semaphore::__construct(): Argument #1 ($permits) must be one or more
text: TypeError: Tusk\Semaphore::__construct(): Argument #1 ($permits) must be of type int, string given
acquire 0: ValueError: Tusk\Semaphore::acquire(): Argument #1 ($permits) must be between 1 and 2, the permits there are
acquire 3: ValueError: Tusk\Semaphore::acquire(): Argument #1 ($permits) must be between 1 and 2, the permits there are
acquire, negative time: ValueError: Tusk\Semaphore::acquire(): Argument #2 ($timeout) must be zero or more seconds, -1 given
try 3: ValueError: Tusk\Semaphore::tryAcquire(): Argument #1 ($permits) must be between 1 and 2, the permits there are
release of none: Tusk\MisuseError: more permits were given back than taken: every release() belongs to one acquire() that has returned
release of more: Tusk\MisuseError: more permits were given back than taken: every release() belongs to one acquire() that has returned
still one taken: 1
released inside with(): Tusk\MisuseError: more permits were given back than taken: every release() belongs to one acquire() that has returned
with text: TypeError: Tusk\Semaphore::with(): Argument #1 ($callable) must be a valid callback, function "no_such_function" not found or invalid function name
constructed twice: Tusk\MisuseError: the constructor of this object was already called
clone: Error: Trying to clone an uncloneable object of class Tusk\Semaphore
serialize: Exception: Serialization of 'Tusk\Semaphore' is not allowed
