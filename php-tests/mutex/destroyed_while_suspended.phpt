--TEST--
Coroutines that wait for a lock at the end of the script, after exit(), and in a fork
--EXTENSIONS--
pcntl
--FILE--
<?php
use Tusk\Mutex;
use function Tusk\go;
(function () {
    $mutex = new Mutex();
    $mutex->lock();
    go(function () use ($mutex) {
        try { $mutex->lock(); } finally { echo "finally of one whose lock nobody else knows\n"; }
    });
})();
Tusk\sleep(0);
$mutex = new Mutex();
$waits = go(function () use ($mutex) { $mutex->lock(); echo "the parent's waiter has it\n"; $mutex->unlock(); });
$mutex->lock();
Tusk\sleep(0);
$pid = pcntl_fork();
if ($pid === 0) {
    echo "child: {$mutex->waiting()} wait\n";
    $mutex->unlock();
    go(fn () => $mutex->with(fn () => print("child: its coroutine has it\n")))->join();
    exit;
}
pcntl_waitpid($pid, $status);
$mutex->unlock();
$waits->join();
$held = new Mutex();
go(fn () => $held->with(function () use ($held) {
    try { Tusk\sleep(60); } finally { echo 'its holder unwinds, ', $held->waiting(), " waits\n"; }
}));
go(function () use ($held) { try { $held->lock(); } finally { echo "who waited unwinds\n"; } });
Tusk\sleep(0);
exit("exit\n");
--EXPECT--
child: 0 wait
child: its coroutine has it
the parent's waiter has it
exit
finally of one whose lock nobody else knows
its holder unwinds, 0 waits
who waited unwinds
