--TEST--
A lock that does not come in time
--FILE--
<?php
use Tusk\Mutex;
use function Tusk\go;
$mutex = new Mutex();
$holder = go(function () use ($mutex) { $mutex->lock(); Tusk\Coroutine::suspend(); $mutex->unlock(); });
Tusk\sleep(0);
foreach ([0, 0.002] as $timeout) {
    try {
        $mutex->lock($timeout);
    } catch (Tusk\TimeoutException $e) {
        echo $e->getMessage(), "\n";
    }
}
try {
    $mutex->with(fn () => print("never\n"), 0.001);
} catch (Tusk\TimeoutException $e) {
    echo $e->getMessage(), "\n";
}
$behind = go(function () use ($mutex) { $mutex->lock(); echo "who stood behind has it\n"; $mutex->unlock(); });
Tusk\sleep(0);
$holder->resume();
$mutex->lock(1);
echo "in time\n";
$mutex->unlock();
echo $mutex->waiting(), "\n";
// With 0 those who are ready may still unlock.
$mutex->lock();
$tries = go(function () use ($mutex) { $mutex->lock(0); echo "0 lets others run\n"; $mutex->unlock(); });
Tusk\sleep(0);
$mutex->unlock();
$tries->join();
--EXPECT--
Mutex::lock() timed out
Mutex::lock() timed out
Mutex::lock() timed out
who stood behind has it
in time
0
0 lets others run
