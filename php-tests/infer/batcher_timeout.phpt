--TEST--
Batcher: deadlines of items in the queue and in a batch, and the policies of queues
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Channel;
use Tusk\Infer\Batcher;
use function Tusk\go;
$gate = new Channel();
$seen = [];
$executor = function ($list) use ($gate, &$seen) {
    $seen[] = array_merge(...$list);
    $gate->receive();
    return $list;
};
$batcher = new Batcher($executor, maxBatch: 2, maxDelay: 3600);
$began = hrtime(true);
attempt('alone in the queue', fn () => $batcher->infer([1], 0.002));
echo hrtime(true) - $began >= 2e6 ? "not early\n" : "early\n";
attempt('no time at all', fn () => $batcher->infer([1], 0.0));
echo json_encode([$batcher->stats()['queued'], $seen]), "\n";
// In a batch that runs: its neighbour is not concerned.
$a = go(fn () => $batcher->infer([2], 0.002));
$b = go(fn () => $batcher->infer([3]));
attempt('in a batch', fn () => $a->join());
$gate->send(true);
attempt('its neighbour', fn () => $b->join());
// While the only instance is busy.
$all = array_map(fn ($x) => go(fn () => $batcher->infer([$x])), [4, 5]);
while (count($seen) < 2) { Tusk\sleep(0); }
attempt('behind a batch', fn () => $batcher->infer([6], 0.002));
$gate->send(true);
array_map(fn ($one) => $one->join(), $all);
$stats = $batcher->stats();
echo json_encode([$stats['items'], $stats['done'], $stats['expired']]), "\n";
// A queue's own limit: rejected while it waits, not once it runs.
$batcher = new Batcher($executor, maxBatch: 1, maxDelay: 0.0, policies: [0 => ['timeout' => 0.002]]);
$first = go(fn () => $batcher->infer([7]));
while (count($seen) < 3) { Tusk\sleep(0); }
attempt('rejected', fn () => $batcher->infer([8]));
$gate->send(true);
attempt('first', fn () => $first->join());
echo $batcher->stats()['rejected'], "\n";
// Delayed instead: it lets those pass that have not waited too long.
$seen = [];
$batcher = new Batcher($executor, maxBatch: 1, maxDelay: 0.0, policies: [1 => ['action' => 'delay', 'timeout' => 3600, 'allowOverride' => true]]);
$all = [go(fn () => $batcher->infer([1]))];
Tusk\sleep(0);
$all[] = go(fn () => $batcher->infer([2], 0.001));
Tusk\sleep(0.003);
$all[] = go(fn () => $batcher->infer([3]));
for ($i = 0; $i < 3; $i++) { $gate->send(true); }
array_map(fn ($one) => $one->join(), $all);
echo json_encode($seen), "\n";
// Bounds.
$batcher = new Batcher($executor, maxBatch: 1, maxDelay: 3600, priorities: 2, maxItems: 3, policies: [2 => ['maxQueueSize' => 1]]);
$all = [go(fn () => $batcher->infer([1]))];
Tusk\sleep(0);
$all[] = go(fn () => $batcher->infer([2], null, 2));
Tusk\sleep(0);
attempt('the queue is full', fn () => $batcher->infer([3], null, 2));
$all[] = go(fn () => $batcher->infer([4]));
Tusk\sleep(0);
attempt('the batcher is full', fn () => $batcher->infer([5]));
for ($i = 0; $i < 3; $i++) { $gate->send(true); }
array_map(fn ($one) => $one->join(), $all);
echo json_encode([array_merge(...array_slice($seen, -3)), $batcher->stats()['refused']]), "\n";
?>
--EXPECT--
alone in the queue: Tusk\TimeoutException: Batcher::infer() timed out
not early
no time at all: Tusk\TimeoutException: Batcher::infer() timed out
[0,[]]
in a batch: Tusk\TimeoutException: Batcher::infer() timed out
its neighbour: [3]
behind a batch: Tusk\TimeoutException: Batcher::infer() timed out
[7,3,4]
rejected: Tusk\OverloadedException: Batcher::infer() was not begun: it waited in the queue for longer than the policy of its priority allows; ask less often, or add instances
first: [7]
1
[[1],[3],[2]]
the queue is full: Tusk\OverloadedException: cannot queue an inference: 1 items of priority 2 wait already; ask less often, add instances, or raise the limit
the batcher is full: Tusk\OverloadedException: cannot queue an inference: 3 items wait or run already; ask less often, add instances, or raise the limit
[[1,4,2],2]
