--TEST--
Permits, waits that time out and waits that are cancelled leave nothing
--FILE--
<?php
use Tusk\Semaphore;
use function Tusk\go;
$semaphore = new Semaphore(2);
$round = function (int $count) use ($semaphore) {
    for ($i = 0; $i < $count; $i++) {
        $semaphore->acquire(2);
        $waits = go(fn () => $semaphore->with(fn () => 1));
        $cancelled = go(fn () => $semaphore->acquire(2));
        try { go(fn () => $semaphore->acquire(1, 0))->join(); } catch (Tusk\TimeoutException) {}
        $cancelled->cancel();
        $semaphore->release(2);
        $waits->join();
    }
    Tusk\sleep(0);
};
$round(2000);
$used = memory_get_usage();
$round(20000);
echo memory_get_usage() - $used < 4096 ? 'flat' : memory_get_usage() - $used, ' ', Tusk\Runtime::stats()['timers'], ' ', $semaphore->waiting(), ' ', $semaphore->available(), "\n";
--EXPECT--
flat 0 0 2
