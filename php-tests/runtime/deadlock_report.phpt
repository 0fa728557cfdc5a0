--TEST--
A deadlock says who waits for what, and where
--FILE--
<?php
use Tusk\{Barrier, Channel, Mutex, Scope, Semaphore, WaitGroup};
use function Tusk\go;
[$a, $b] = [new Mutex(), new Mutex()];
$one = go(function () use ($a, $b) { $a->lock(); Tusk\sleep(0); $b->lock(); });
$two = go(function () use ($a, $b) { $b->lock(); Tusk\sleep(0); $a->lock(); });
$full = new Channel(1);
$full->send('x');
go(fn () => $full->send('the value is not shown'));
go(function () { foreach (new Channel() as $_); });
go(function () { $s = new Semaphore(2); $s->acquire(2); $s->acquire(); });
go(fn () => (new Barrier(3))->wait());
go(fn () => (new WaitGroup(4))->wait());
go(fn () => Channel::select([new Channel()]));
go(fn () => Tusk\Coroutine::suspend());
try {
    $one->join();
} catch (Tusk\MisuseError $e) {
    echo $e->getMessage(), "\n";
}
for ($i = 0; $i < 30; $i++) { go(fn () => Tusk\Coroutine::suspend()); }
try {
    $two->join();
} catch (Tusk\MisuseError $e) {
    $lines = explode("\n", $e->getMessage());
    echo count($lines), ' lines,', end($lines), "\n";
}
--EXPECTF--
deadlock: join() of coroutine #1 can never end, because every coroutine waits for another and no timer or I/O is under way; look for a channel nobody sends to, or a coroutine nobody resumes. Who waits for what:
  coroutine #0 (the main script) waits in Tusk\Coroutine->join() at %sdeadlock_report.php:17, for coroutine #1
  coroutine #1 waits in Tusk\Mutex->lock() at %sdeadlock_report.php:5, for Tusk\Mutex %d: held by coroutine #2, 1 waiting, spawned at %sdeadlock_report.php:5
  coroutine #2 waits in Tusk\Mutex->lock() at %sdeadlock_report.php:6, for Tusk\Mutex %d: held by coroutine #1, 1 waiting, spawned at %sdeadlock_report.php:6
  coroutine #3 waits in Tusk\Channel->send() at %sdeadlock_report.php:9, for Tusk\Channel %d: 1 of 1 inside, 1 sending, 0 receiving, spawned at %sdeadlock_report.php:9
  coroutine #4 waits in Tusk\ChannelIterator->rewind() at %sdeadlock_report.php:10, for Tusk\ChannelIterator %d: 0 of 0 inside, 0 sending, 1 receiving, spawned at %sdeadlock_report.php:10
  coroutine #5 waits in Tusk\Semaphore->acquire() at %sdeadlock_report.php:11, for Tusk\Semaphore %d: 0 of 2 permits free, 1 waiting, spawned at %sdeadlock_report.php:11
  coroutine #6 waits in Tusk\Barrier->wait() at %sdeadlock_report.php:12, for Tusk\Barrier %d: 1 of 3 are here, spawned at %sdeadlock_report.php:12
  coroutine #7 waits in Tusk\WaitGroup->wait() at %sdeadlock_report.php:13, for Tusk\WaitGroup %d: 4 not done, spawned at %sdeadlock_report.php:13
  coroutine #8 waits in Tusk\Channel::select() at %sdeadlock_report.php:14, spawned at %sdeadlock_report.php:14
  coroutine #9 waits in Tusk\Coroutine::suspend() at %sdeadlock_report.php:15, spawned at %sdeadlock_report.php:15
22 lines,  and 20 more
