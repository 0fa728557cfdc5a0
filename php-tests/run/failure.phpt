--TEST--
run() throws its coroutine's exception when all have ended
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
attempt('run', fn () => Tusk\run(function () {
    Tusk\go(function () { Tusk\sleep(0.002); echo "the other ends first\n"; });
    throw new LogicException('failed');
}));
attempt('nobody can wake it', fn () => Tusk\run(fn () => Tusk\Coroutine::suspend()));
attempt('no argument', fn () => Tusk\run());
attempt('too many', fn () => Tusk\run(fn () => 1, 2));
attempt('not callable', fn () => Tusk\run('nothing'));
?>
--EXPECTF--
the other ends first
run: LogicException: failed
nobody can wake it: Tusk\MisuseError: deadlock: Tusk\run() can never end, because every coroutine waits for another and no timer or I/O is under way; look for a channel nobody sends to, or a coroutine nobody resumes. Who waits for what:%A
no argument: ArgumentCountError: Tusk\run() expects exactly 1 argument, 0 given
too many: ArgumentCountError: Tusk\run() expects exactly 1 argument, 2 given
not callable: TypeError: Tusk\run(): Argument #1 ($callable) must be a valid callback, function "nothing" not found or invalid function name
