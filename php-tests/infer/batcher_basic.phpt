--TEST--
Batcher: items of several coroutines run together, each gets its own answer
--FILE--
<?php
use Tusk\Infer\Batcher;
use function Tusk\go;
$calls = [];
$double = function (array $list) use (&$calls) {
    $calls[] = array_column($list, 'x');
    return array_map(fn ($item) => ['y' => 2 * $item['x']], $list);
};
// A full batch does not wait: with a delay of an hour only full ones run.
$batcher = new Batcher($double, maxBatch: 3, maxDelay: 3600);
$all = array_map(fn ($x) => go(fn () => $batcher->infer(['x' => $x])), range(1, 6));
echo json_encode(array_map(fn ($one) => $one->join()['y'], $all)), ' ', json_encode($calls), "\n";
// One that waits alone runs when the delay is over, or when the batcher closes.
$calls = [];
$alone = go(fn () => $batcher->infer(['x' => 7]));
Tusk\sleep(0);
echo json_encode([$calls, $batcher->stats()['queued']]), "\n";
$batcher->close();
echo json_encode([$alone->join(), $calls]), "\n";
$batcher = new Batcher($double, maxDelay: 0.001);
echo json_encode($batcher->infer(['x' => 8])), "\n";
// Without a delay, those who ask in the same turn share a batch.
$calls = [];
$batcher = new Batcher($double, maxDelay: 0.0);
$all = array_map(fn ($x) => go(fn () => $batcher->infer(['x' => $x])), range(1, 4));
array_map(fn ($one) => $one->join(), $all);
echo json_encode($calls), "\n";
// A preferred size runs at once.
$calls = [];
$batcher = new Batcher($double, maxBatch: 8, maxDelay: 3600, preferred: [2]);
$all = array_map(fn ($x) => go(fn () => $batcher->infer(['x' => $x])), range(1, 4));
array_map(fn ($one) => $one->join(), $all);
echo json_encode($calls), "\n";
// The executor may wait, and the next batch is collected meanwhile.
$order = [];
$slow = new Batcher(function ($list) use (&$order) {
    $order[] = 'begin ' . count($list);
    Tusk\sleep(0.001);
    $order[] = 'end';
    return $list;
}, maxBatch: 2, maxDelay: 0.0);
$all = array_map(fn ($x) => go(fn () => $slow->infer([$x])), range(1, 4));
echo json_encode(array_map(fn ($one) => $one->join(), $all)), ' ', implode(', ', $order), "\n";
// Several instances overlap.
$order = [];
$slow = new Batcher(function ($list) use (&$order) {
    $order[] = 'begin';
    Tusk\sleep(0.001);
    $order[] = 'end';
    return $list;
}, maxBatch: 1, maxDelay: 0.0, instances: 2);
$all = array_map(fn ($x) => go(fn () => $slow->infer([$x])), range(1, 2));
array_map(fn ($one) => $one->join(), $all);
echo implode(', ', $order), "\n";
$stats = $slow->stats();
echo json_encode([$stats['items'], $stats['done'], $stats['batches'], $stats['sizes']]), "\n";
echo count(Tusk\Coroutine::all()), " coroutine\n";
?>
--EXPECT--
[2,4,6,8,10,12] [[1,2,3],[4,5,6]]
[[],1]
[{"y":14},[[7]]]
{"y":16}
[[1,2,3,4]]
[[1,2],[3,4]]
[[1],[2],[3],[4]] begin 2, end, begin 2, end
begin, begin, end, end
[2,2,2,{"1":2}]
1 coroutine
