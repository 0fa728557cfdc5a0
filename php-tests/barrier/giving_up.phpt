--TEST--
Who gives up takes its arrival back; a round that is full is not called back
--FILE--
<?php
use Tusk\Barrier;
use function Tusk\go;
$barrier = new Barrier(2);
try { $barrier->wait(0.001); } catch (Tusk\TimeoutException $e) { echo $e->getMessage(), ', ', $barrier->waiting(), " wait\n"; }
$cancelled = go(fn () => $barrier->wait());
Tusk\sleep(0);
$cancelled->cancel();
// It has not run yet, but it is out: this one does not find a partner in it.
$waits = go(fn () => $barrier->wait());
Tusk\sleep(0);
echo $barrier->waiting(), ' waits, ', $barrier->rounds(), " rounds\n";
$barrier->wait();
$waits->join();
echo $barrier->rounds(), " round\n";
// Cancelled between the full round and its run: the other goes on all the same.
$cancelled = go(function () use ($barrier) { try { $barrier->wait(); } finally { echo "cancelled\n"; } });
Tusk\sleep(0);
var_dump($barrier->wait());
$cancelled->cancel();
Tusk\sleep(0);
// Who arrives while those of a full round have not run belongs to the next one.
$a = go(fn () => $barrier->wait());
Tusk\sleep(0);
$barrier->wait();
$b = go(fn () => $barrier->wait());
Tusk\sleep(0);
echo $a->isDone() ? 'a has gone on' : 'a waits', ', ', $b->isDone() ? 'b has gone on' : 'b waits', ', ', $barrier->rounds(), " rounds\n";
$c = go(function () use ($barrier) { try { (new Barrier(2))->wait(); } finally { echo "finally at the end\n"; } });
--EXPECT--
Barrier::wait() timed out, 0 wait
1 waits, 0 rounds
1 round
bool(true)
cancelled
a has gone on, b waits, 3 rounds
finally at the end
