--TEST--
What waits when exit() comes is unwound, its finally blocks and defers run
--INI--
tusk.stop_grace_ms=1000
zend.exception_ignore_args=1
--FILE--
<?php
use Tusk\Coroutine;
class Local { public function __construct(private string $name) {} public function __destruct() { echo "$this->name destroyed\n"; } }
$wait = fn (string $name, callable $wait) => Tusk\go(function () use ($name, $wait) {
    $local = new Local("local of $name");
    Coroutine::defer(fn () => print("defer of $name\n"));
    try {
        $wait();
    } catch (Throwable $e) {
        echo "$name caught ", $e::class, "\n";
        throw $e;
    } finally {
        echo "finally of $name\n";
    }
});
$wait('sleep', fn () => Tusk\sleep(60));
$wait('suspend', fn () => Coroutine::suspend());
$wait('Fiber::suspend', fn () => Fiber::suspend());
$wait('nested Fiber', fn () => (new Fiber(fn () => Tusk\sleep(60)))->start());
$wait('not started', fn () => 1);
Tusk\sleep(0.001);
$late = $wait('spawned before exit', fn () => 1);
exit("exit\n");
?>
--EXPECT--
finally of not started
local of not started destroyed
defer of not started
exit
finally of Fiber::suspend
local of Fiber::suspend destroyed
defer of Fiber::suspend
sleep caught Tusk\CancelledException
finally of sleep
local of sleep destroyed
defer of sleep
suspend caught Tusk\CancelledException
finally of suspend
local of suspend destroyed
defer of suspend
nested Fiber caught Tusk\CancelledException
finally of nested Fiber
local of nested Fiber destroyed
defer of nested Fiber
