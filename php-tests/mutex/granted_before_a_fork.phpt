--TEST--
A lock that was handed to a coroutine of the parent is free in the child of a fork
--DESCRIPTION--
Nobody had it there, and nobody could get it.
--EXTENSIONS--
pcntl
--FILE--
<?php
$mutex = new Tusk\Mutex();
$mutex->lock();
$waits = Tusk\go(fn () => $mutex->with(fn () => "the parent's had it\n"));
Tusk\sleep(0);
$mutex->unlock();
$pid = pcntl_fork();
if ($pid === 0) {
    try {
        $mutex->lock(1);
        echo "the child has it\n";
        $other = Tusk\go(fn () => $mutex->with(fn () => print("and then another\n")));
        Tusk\sleep(0);
        $mutex->unlock();
        $other->join();
    } catch (Throwable $e) {
        echo $e::class, ' ', $e->getMessage(), "\n";
    }
    exit(0);
}
pcntl_waitpid($pid, $status);
echo $waits->join();
?>
--EXPECT--
the child has it
and then another
the parent's had it
