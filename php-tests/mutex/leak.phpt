--TEST--
Locks, waits that time out and waits that are cancelled leave nothing
--FILE--
<?php
use Tusk\Mutex;
use function Tusk\go;
$mutex = new Mutex();
$round = function (int $count) use ($mutex) {
    for ($i = 0; $i < $count; $i++) {
        $mutex->lock();
        $waits = go(fn () => $mutex->with(fn () => 1));
        $cancelled = go(fn () => $mutex->lock());
        try { go(fn () => $mutex->lock(0))->join(); } catch (Tusk\TimeoutException) {}
        $cancelled->cancel();
        $mutex->unlock();
        $waits->join();
        new Mutex();
    }
    Tusk\sleep(0);
};
$round(2000);
$used = memory_get_usage();
$round(20000);
echo memory_get_usage() - $used < 4096 ? 'flat' : memory_get_usage() - $used, ' ', Tusk\Runtime::stats()['timers'], ' ', $mutex->waiting(), "\n";
--EXPECT--
flat 0 0
