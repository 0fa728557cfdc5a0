--TEST--
A coroutine that ends with the lock: those that wait for it are told at once, and who comes later, too
--FILE--
<?php
use function Tusk\go;

$mutex = new Tusk\Mutex();
$holder = go(static function () use ($mutex): void {
    $mutex->lock();
    Tusk\sleep(0.001);
});
$lock = static function (string $name, ?float $timeout = null) use ($mutex): void {
    try {
        $mutex->lock($timeout);
        echo "$name has it\n";
    } catch (Tusk\MisuseError $e) {
        echo "$name: ", strtok($e->getMessage(), ','), "\n";
    }
};
$all = [];
foreach (['first', 'second'] as $name) {
    $all[] = go($lock, $name);
}
$all[] = go($lock, 'with a timeout', 60.0);
$holder->join();
foreach ($all as $one) {
    $one->join();
}
$lock('later');
echo $mutex->waiting(), " wait\n";

// One that was handed over before its holder ended is nobody's loss.
$mutex = new Tusk\Mutex();
$lock = static function (string $name) use ($mutex): void {
    $mutex->lock();
    echo "$name has it\n";
    Tusk\sleep(0);
    $mutex->unlock();
};
foreach ([go($lock, 'one'), go($lock, 'next'), go($lock, 'last')] as $one) {
    $one->join();
}
// Locks that are gone are not asked.
$gone = new Tusk\Mutex();
$gone->lock();
$waits = go(static function () use ($gone): void {
    try {
        $gone->lock(0.001);
    } catch (Tusk\TimeoutException) {
        echo "timed out\n";
    }
});
$waits->join();
unset($gone);
go($lock, 'another')->join();
?>
--EXPECT--
first: the coroutine that had the lock has ended without unlock()
second: the coroutine that had the lock has ended without unlock()
with a timeout: the coroutine that had the lock has ended without unlock()
later: the coroutine that had the lock has ended without unlock()
0 wait
one has it
next has it
last has it
timed out
another has it
