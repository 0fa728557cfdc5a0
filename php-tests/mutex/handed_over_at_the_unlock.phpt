--TEST--
Who unlocks and locks again at once stands at the end of the line
--FILE--
<?php
use Tusk\Mutex;
use function Tusk\go;
$mutex = new Mutex();
$order = [];
$mutex->lock();
foreach (['b', 'c'] as $name) {
    go(function () use ($mutex, $name, &$order) { $mutex->lock(); $order[] = $name; $mutex->unlock(); });
}
Tusk\sleep(0);
$mutex->unlock();
// Both were woken or wait; the lock is promised, though nobody of them has run yet.
var_dump($mutex->tryLock());
$mutex->lock();
$order[] = 'a again';
$mutex->unlock();
echo implode(', ', $order), "\n";
// A loop that takes and gives back in one go starves nobody.
$served = [];
$greedy = go(function () use ($mutex, &$served) {
    for ($i = 0; $i < 5; $i++) { $mutex->lock(); $served[] = 'greedy'; Tusk\sleep(0); $mutex->unlock(); }
});
for ($i = 0; $i < 3; $i++) {
    go(function () use ($mutex, &$served, $i) { $mutex->lock(); $served[] = $i; $mutex->unlock(); });
}
$greedy->join();
echo implode(' ', $served), "\n";
--EXPECT--
bool(false)
b, c, a again
greedy 0 1 2 greedy greedy greedy greedy
