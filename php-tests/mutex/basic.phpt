--TEST--
A mutex is for one coroutine at a time, first come first served
--FILE--
<?php
use Tusk\Mutex;
use function Tusk\go;
$mutex = new Mutex();
$all = [];
foreach (['a', 'b', 'c'] as $name) {
    $all[] = go(function () use ($mutex, $name) {
        $mutex->lock();
        echo "$name has it\n";
        Tusk\sleep(0);
        Tusk\sleep(0);
        echo "$name gives it back, ", $mutex->waiting(), " wait\n";
        $mutex->unlock();
    });
}
Tusk\sleep(0);
var_dump($mutex->isLocked(), $mutex->tryLock());
foreach ($all as $coroutine) { $coroutine->join(); }
var_dump($mutex->isLocked(), $mutex->tryLock(), $mutex->isLocked());
$mutex->unlock();
echo $mutex->with(fn () => 'with: ' . json_encode($mutex->isLocked())), "\n";
try {
    $mutex->with(fn () => throw new LogicException('thrown'));
} catch (LogicException $e) {
    echo $e->getMessage(), ' ', json_encode($mutex->isLocked()), "\n";
}
--EXPECT--
a has it
bool(true)
bool(false)
a gives it back, 2 wait
b has it
b gives it back, 1 wait
c has it
c gives it back, 0 wait
bool(false)
bool(true)
bool(true)
with: true
thrown false
