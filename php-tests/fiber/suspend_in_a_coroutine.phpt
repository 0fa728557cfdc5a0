--TEST--
Fiber::suspend() in a coroutine, resumed from another
--FILE--
<?php
$fiber = null;
$coroutine = Tusk\go(function () use (&$fiber) {
    $fiber = Fiber::getCurrent();
    echo 'first ' . Fiber::suspend('given out') . "\n";
    Tusk\sleep(0.001);
    try {
        Fiber::suspend();
    } catch (LogicException $e) {
        echo $e->getMessage(), "\n";
    }
    return 'result';
});
Tusk\sleep(0);
var_dump($fiber->isSuspended());
Tusk\go(function () use (&$fiber) { $fiber->resume('resumed by another'); echo "it waits, the other goes on\n"; })->join();
Tusk\sleep(0.003);
$fiber->throw(new LogicException('thrown in'));
echo $coroutine->join(), "\n";
var_dump($fiber->isTerminated());
$left = Tusk\go(function () {
    try { Fiber::suspend(); } finally { echo "unwound at the end\n"; }
});
Tusk\sleep(0);
?>
--EXPECT--
bool(true)
first resumed by another
it waits, the other goes on
thrown in
result
bool(true)
unwound at the end
