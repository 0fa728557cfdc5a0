--TEST--
So many coroutines at a time, first come first served
--FILE--
<?php
use Tusk\Semaphore;
use function Tusk\go;
$semaphore = new Semaphore(2);
$running = $most = 0;
$order = [];
for ($i = 0; $i < 6; $i++) {
    $all[] = go(function () use ($semaphore, $i, &$running, &$most, &$order) {
        $semaphore->acquire();
        $most = max($most, ++$running);
        $order[] = $i;
        Tusk\sleep(0);
        $running--;
        $semaphore->release();
    });
}
Tusk\sleep(0);
echo $semaphore->available(), ' free, ', $semaphore->waiting(), " wait\n";
foreach ($all as $coroutine) { $coroutine->join(); }
echo "$most at a time, in order ", implode($order), ', ', $semaphore->available(), " free\n";
var_dump($semaphore->tryAcquire(2), $semaphore->tryAcquire());
// Three are wanted; who comes later and wants one does not overtake.
$semaphore = new Semaphore(3);
$semaphore->acquire(2);
$big = go(fn () => $semaphore->with(fn () => print("three at once\n"), 3));
$small = go(fn () => $semaphore->with(fn () => print("one\n")));
Tusk\sleep(0);
var_dump($semaphore->tryAcquire());
echo $semaphore->available(), ' free, ', $semaphore->waiting(), " wait\n";
$semaphore->release(2);
$small->join();
try {
    $semaphore->with(fn () => throw new LogicException('thrown'), permits: 2);
} catch (LogicException) {
    echo $semaphore->available(), " free\n";
}
--EXPECT--
0 free, 4 wait
2 at a time, in order 012345, 2 free
bool(true)
bool(false)
bool(false)
1 free, 2 wait
three at once
one
3 free
