--TEST--
A waiter that is cancelled between its wake-up and its run passes the lock on
--FILE--
<?php
use Tusk\Mutex;
use function Tusk\go;
$mutex = new Mutex();
$mutex->lock();
$say = fn (string $name) => function () use ($mutex, $name) {
    try {
        $mutex->lock();
        echo "$name has it\n";
        $mutex->unlock();
    } catch (Tusk\CancelledException) {
        echo "$name was cancelled\n";
    }
};
[$first, $second, $third] = [go($say('first')), go($say('second')), go($say('third'))];
Tusk\sleep(0);
$second->cancel();      // in line
$mutex->unlock();       // first has it now, and has not run
$first->cancel();
$third->join();
var_dump($mutex->isLocked(), $mutex->waiting());
// The last in line: the lock is free again.
$mutex->lock();
$only = go($say('only'));
Tusk\sleep(0);
$mutex->unlock();
$only->cancel();
Tusk\sleep(0);
var_dump($mutex->tryLock());
--EXPECT--
second was cancelled
first was cancelled
third has it
bool(false)
int(0)
only was cancelled
bool(true)
