--TEST--
Under strict_types the library takes what its signatures say
--FILE--
<?php
declare(strict_types=1);
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\{Barrier, Channel, Context, Mutex, Once, Scope, Semaphore, SingleFlight};
attempt('Mutex::lock', fn () => (new Mutex())->lock('1'));
attempt('Mutex::tryLock', fn () => (new Mutex())->tryLock(1));
attempt('Semaphore', fn () => new Semaphore('1'));
attempt('Semaphore float', fn () => new Semaphore(1.0));
attempt('Semaphore::acquire', fn () => (new Semaphore(1))->acquire('1'));
attempt('Barrier', fn () => new Barrier('1'));
attempt('Barrier::wait', fn () => (new Barrier(2))->wait('1'));
attempt('select', fn () => Channel::select([new Channel()], '1'));
attempt('select of none', fn () => Channel::select('channel'));
attempt('Once::get', fn () => (new Once(fn () => 1))->get('1'));
attempt('SingleFlight::run', fn () => (new SingleFlight())->run(1, fn () => 1));
attempt('SingleFlight::run timeout', fn () => (new SingleFlight())->run('k', fn () => 1, '1'));
attempt('SingleFlight::forget', fn () => (new SingleFlight())->forget(1));
attempt('Context::set', fn () => Context::set(1, 1));
attempt('Context::get', fn () => Context::get(1));
attempt('Scope::run', fn () => Scope::run(fn () => 1, '1'));
attempt('parallel', fn () => Tusk\parallel([fn () => 1], '1'));
attempt('parallel of no array', fn () => Tusk\parallel('time'));
attempt('retry', fn () => Tusk\retry(fn () => 1, '1'));
// Numbers that lose nothing are taken, as everywhere in PHP.
attempt('int for float', fn () => [(new Semaphore(1))->acquire(timeout: 1), (new Once(fn () => 'made'))->get(1)]);
?>
--EXPECT--
Mutex::lock: TypeError: Tusk\Mutex::lock(): Argument #1 ($timeout) must be of type ?float, string given
Mutex::tryLock: ArgumentCountError: Tusk\Mutex::tryLock() expects exactly 0 arguments, 1 given
Semaphore: TypeError: Tusk\Semaphore::__construct(): Argument #1 ($permits) must be of type int, string given
Semaphore float: TypeError: Tusk\Semaphore::__construct(): Argument #1 ($permits) must be of type int, float given
Semaphore::acquire: TypeError: Tusk\Semaphore::acquire(): Argument #1 ($permits) must be of type int, string given
Barrier: TypeError: Tusk\Barrier::__construct(): Argument #1 ($parties) must be of type int, string given
Barrier::wait: TypeError: Tusk\Barrier::wait(): Argument #1 ($timeout) must be of type ?float, string given
select: TypeError: Tusk\Channel::select(): Argument #2 ($timeout) must be of type ?float, string given
select of none: TypeError: Tusk\Channel::select(): Argument #1 ($cases) must be of type array, string given
Once::get: TypeError: Tusk\Once::get(): Argument #1 ($timeout) must be of type ?float, string given
SingleFlight::run: TypeError: Tusk\SingleFlight::run(): Argument #1 ($key) must be of type string, int given
SingleFlight::run timeout: TypeError: Tusk\SingleFlight::run(): Argument #3 ($timeout) must be of type ?float, string given
SingleFlight::forget: TypeError: Tusk\SingleFlight::forget(): Argument #1 ($key) must be of type string, int given
Context::set: TypeError: Tusk\Context::set(): Argument #1 ($name) must be of type string, int given
Context::get: TypeError: Tusk\Context::get(): Argument #1 ($name) must be of type string, int given
Scope::run: TypeError: Tusk\Scope::run(): Argument #2 ($limit) must be of type ?int, string given
parallel: TypeError: Tusk\parallel(): Argument #2 ($limit) must be of type ?int, string given
parallel of no array: TypeError: Tusk\parallel(): Argument #1 ($callables) must be of type array, string given
retry: TypeError: Tusk\retry(): Argument #2 ($attempts) must be of type int, string given
int for float: [null,"made"]
