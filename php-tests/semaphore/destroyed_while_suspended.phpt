--TEST--
Coroutines that wait for permits at the end of the script, and in a fork
--EXTENSIONS--
pcntl
--FILE--
<?php
use Tusk\Semaphore;
use function Tusk\go;
$semaphore = new Semaphore(1);
$semaphore->acquire();
go(function () use ($semaphore) { try { $semaphore->acquire(); } finally { echo "finally\n"; } });
Tusk\sleep(0);
$pid = pcntl_fork();
if ($pid === 0) {
    echo "child: {$semaphore->waiting()} wait\n";
    go(fn () => $semaphore->acquire());
    Tusk\sleep(0);
    $semaphore->release();
    echo "child: {$semaphore->available()} free\n";
    exit;
}
pcntl_waitpid($pid, $status);
echo "parent: {$semaphore->waiting()} waits\n";
--EXPECT--
child: 0 wait
child: 0 free
parent: 1 waits
finally
