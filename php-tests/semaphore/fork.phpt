--TEST--
In a forked child a semaphore's permits are free but for those of the coroutine that forked
--DESCRIPTION--
What the parent's other coroutines held, or were granted, never came back there.
--EXTENSIONS--
pcntl
--FILE--
<?php
use Tusk\Semaphore;
function child(string $what, callable $function): void
{
    $pid = pcntl_fork();
    if ($pid === 0) {
        try {
            $function();
        } catch (Throwable $e) {
            echo "$what: ", $e::class, ' ', $e->getMessage(), "\n";
        }
        exit(0);
    }
    pcntl_waitpid($pid, $status);
}
$wait = new Tusk\Channel();

$semaphore = new Semaphore(3);
$holds = Tusk\go(function () use ($semaphore, $wait) {
    $semaphore->acquire(2);
    $wait->receive();
    $semaphore->release(2);
});
Tusk\sleep(0);
child('held', function () use ($semaphore) {
    echo "held by another: {$semaphore->available()} of 3 free\n";
    $semaphore->acquire(3, 1);
    Tusk\go(fn () => print('a coroutine of the child: ' . var_export($semaphore->tryAcquire(), true) . "\n"))->join();
    $semaphore->release(3);
});
$semaphore->with(function () use ($semaphore) {
    child('own', function () use ($semaphore) {
        $semaphore->acquire(2, 1);
        echo 'own and 2: ', $semaphore->available(), " free\n";
        $semaphore->release(2);
        $semaphore->release();
        echo $semaphore->available(), " free when all are back\n";
        try {
            $semaphore->release();
        } catch (Tusk\MisuseError) {
            echo "and no more than that\n";
        }
    });
});
echo "the parent: {$semaphore->available()} free\n";
$wait->send(1);
$holds->join();
echo "then {$semaphore->available()}\n";

$semaphore = new Semaphore(1);
$semaphore->acquire();
$waits = Tusk\go(function () use ($semaphore) {
    $semaphore->acquire();
    $semaphore->release();
    return "the parent's had it\n";
});
Tusk\sleep(0);
$semaphore->release();
child('granted', function () use ($semaphore) {
    $semaphore->acquire(1, 1);
    echo "granted to one that is not there\n";
});
echo $waits->join();

// Who gives back what another took.
$semaphore = new Semaphore(2);
Tusk\go(fn () => $semaphore->acquire(2))->join();
$semaphore->release();
child('by another', function () use ($semaphore) {
    echo "{$semaphore->available()} free\n";
});
?>
--EXPECT--
held by another: 3 of 3 free
a coroutine of the child: false
own and 2: 0 free
3 free when all are back
and no more than that
the parent: 1 free
then 3
granted to one that is not there
the parent's had it
2 free
