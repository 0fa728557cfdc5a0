--TEST--
Batcher: a cancelled item leaves the queue; cancels of running items and of the worker
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\{Channel, Coroutine};
use Tusk\Infer\Batcher;
use function Tusk\go;
$seen = [];
$gate = new Channel();
$batcher = new Batcher(function ($list) use (&$seen, $gate) {
    $seen[] = array_merge(...$list);
    $gate->receive();
    return $list;
}, maxBatch: 2, maxDelay: 3600);
$ask = fn ($x) => go(fn () => $batcher->infer([$x]));
// In the queue: the batch waits for another.
$gone = $ask(1);
Tusk\sleep(0);
$gone->cancel();
attempt('cancelled in the queue', fn () => $gone->join());
echo json_encode($batcher->stats()['queued']), "\n";
[$a, $b] = [$ask(2), $ask(3)];
$gate->send(true);
attempt('a', fn () => $a->join());
attempt('b', fn () => $b->join());
echo json_encode($seen), "\n";
// While it runs: the other one gets its answer.
[$a, $b] = [$ask(4), $ask(5)];
while (count($seen) < 2) { Tusk\sleep(0); }
$a->cancel();
attempt('cancelled while running', fn () => $a->join());
$gate->send(true);
attempt('its neighbour', fn () => $b->join());
// All of it: the executor is cancelled where it waits, and the next batch is another worker's.
[$a, $b, $c, $d] = array_map($ask, [6, 7, 8, 9]);
while (count($seen) < 3) { Tusk\sleep(0); }
$a->cancel();
Tusk\sleep(0);
echo json_encode([count($seen), $batcher->stats()['running'], $batcher->stats()['queued']]), "\n";
$b->cancel();
while (count($seen) < 4) { Tusk\sleep(0); }
echo json_encode([$batcher->stats()['running'], $batcher->stats()['queued']]), "\n";
$gate->send(true);
attempt('c', fn () => $c->join());
attempt('d', fn () => $d->join());
// Somebody cancels the coroutine that waits for the batch's moment: another takes over.
$alone = $ask(10);
Tusk\sleep(0);
Tusk\sleep(0);
foreach (Coroutine::all() as $one) {
    if ($one !== $alone && $one !== Coroutine::current()) { $one->cancel(); }
}
Tusk\sleep(0);
$last = $ask(11);
$gate->send(true);
attempt('alone', fn () => $alone->join());
attempt('last', fn () => $last->join());
// The one that runs a batch: its items get what the executor threw.
[$a, $b] = [$ask(12), $ask(13)];
while (count($seen) < 6) { Tusk\sleep(0); }
foreach (Coroutine::all() as $one) {
    if ($one !== $a && $one !== $b && $one !== Coroutine::current()) { $one->cancel(); }
}
attempt('worker cancelled', fn () => $a->join());
attempt('worker cancelled', fn () => $b->join());
[$a, $b] = [$ask(14), $ask(15)];
$gate->send(true);
attempt('after', fn () => $a->join());
$b->join();
$stats = $batcher->stats();
echo json_encode([$stats['items'], $stats['done'], $stats['cancelled'], $stats['failed']]), "\n";
echo count(Coroutine::all()), " coroutine\n";
?>
--EXPECT--
cancelled in the queue: Tusk\CancelledException: the coroutine was cancelled
0
a: [2]
b: [3]
[[2,3]]
cancelled while running: Tusk\CancelledException: the coroutine was cancelled
its neighbour: [5]
[3,1,2]
[1,0]
c: [8]
d: [9]
alone: [10]
last: [11]
worker cancelled: Tusk\CancelledException: the coroutine was cancelled
worker cancelled: Tusk\CancelledException: the coroutine was cancelled
after: [14]
[15,9,4,2]
1 coroutine
