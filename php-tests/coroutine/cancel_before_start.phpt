--TEST--
One that is cancelled before it starts never runs
--FILE--
<?php
$coroutine = Tusk\go(function () { echo "must not run\n"; });
$coroutine->cancel();
try {
    $coroutine->join();
} catch (Tusk\CancelledException $e) {
    echo $e->getMessage(), "\n";
}
$nobody_joins = Tusk\go(function (object $argument) {}, new class { public function __destruct() { echo "its argument is freed\n"; } });
$nobody_joins->cancel();
Tusk\sleep(0);
var_dump($nobody_joins->isDone(), $nobody_joins->isCancelled());
?>
--EXPECT--
Coroutine was cancelled before it started
its argument is freed
bool(true)
bool(true)
