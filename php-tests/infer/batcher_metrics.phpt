--TEST--
Batcher: its numbers, its histogram, and those in Runtime::metrics()
--FILE--
<?php
use Tusk\Infer\Batcher;
use function Tusk\go;
echo str_contains(Tusk\Runtime::metrics(), 'tusk_batcher') ? "too early\n" : "none yet\n";
$batcher = new Batcher(fn ($list) => $list, maxBatch: 4, maxDelay: 0.0005, name: 'one "two"');
for ($round = 0; $round < 3; $round++) {
    array_map(fn ($one) => $one->join(), array_map(fn ($x) => go(fn () => $batcher->infer([$x])), range(1, 4)));
}
$batcher->infer([0]);
$stats = $batcher->stats();
echo json_encode([$stats['items'], $stats['batches'], $stats['sizes']]), "\n";
var_dump($stats['queue_seconds'] >= 0.0005, $stats['queue_seconds_max'] >= 0.0005, $stats['run_seconds'] > 0);
foreach (explode("\n", Tusk\Runtime::metrics()) as $line) {
    if (preg_match('/^tusk_batcher_(items|done|batch_size|queue_seconds_(count|bucket.*Inf))/', $line)) { echo $line, "\n"; }
}
unset($batcher);
echo str_contains(Tusk\Runtime::metrics(), 'tusk_batcher') ? "still there\n" : "gone\n";
?>
--EXPECT--
none yet
[13,4,{"1":1,"4":3}]
bool(true)
bool(true)
bool(true)
tusk_batcher_items_total{batcher="one \"two\""} 13
tusk_batcher_done_total{batcher="one \"two\""} 13
tusk_batcher_batch_size_bucket{batcher="one \"two\"",le="1"} 1
tusk_batcher_batch_size_bucket{batcher="one \"two\"",le="2"} 1
tusk_batcher_batch_size_bucket{batcher="one \"two\"",le="4"} 4
tusk_batcher_batch_size_bucket{batcher="one \"two\"",le="8"} 4
tusk_batcher_batch_size_bucket{batcher="one \"two\"",le="+Inf"} 4
tusk_batcher_batch_size_sum{batcher="one \"two\""} 13
tusk_batcher_batch_size_count{batcher="one \"two\""} 4
tusk_batcher_queue_seconds_bucket{batcher="one \"two\"",le="+Inf"} 13
tusk_batcher_queue_seconds_count{batcher="one \"two\""} 13
gone
