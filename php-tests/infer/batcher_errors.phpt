--TEST--
Batcher: errors of one item, of a batch, and of an executor that answers wrongly
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Infer\Batcher;
use function Tusk\go;
function three(Batcher $batcher): void
{
    $all = array_map(fn ($x) => go(fn () => $batcher->infer(['x' => $x])), [1, 2, 3]);
    foreach ($all as $number => $one) {
        attempt("item $number", fn () => $one->join());
    }
    $stats = $batcher->stats();
    echo json_encode(array_intersect_key($stats, array_flip(['done', 'failed', 'batches', 'retried']))), "\n";
}
$make = fn (callable $executor, bool $retry = false) => new Batcher($executor, maxBatch: 3, maxDelay: 3600, retrySingly: $retry);
echo "-- one item\n";
three($make(fn ($list) => array_map(fn ($item) => $item['x'] === 2 ? new LogicException('two') : $item, $list)));
echo "-- a batch\n";
three($make(fn ($list) => throw new LogicException(count($list) . ' items')));
echo "-- the bad one is found\n";
$executor = function ($list) {
    if (in_array(2, array_column($list, 'x'))) {
        throw new LogicException('two is among ' . count($list));
    }
    return $list;
};
three($make($executor, true));
echo "-- too few\n";
three($make(fn ($list) => [$list[0]]));
echo "-- no list\n";
three($make(fn ($list) => null));
echo "-- not an array\n";
three($make(fn ($list) => [$list[0], 'text', new stdClass()]));
echo "-- an error of the engine\n";
three($make(function ($list) { return intdiv(1, 0); }));
// The batcher goes on after all that.
$turn = 0;
$batcher = new Batcher(function ($list) use (&$turn) { return $turn++ ? $list : throw new Exception('first'); }, maxDelay: 0.0);
attempt('first', fn () => $batcher->infer([1]));
attempt('second', fn () => $batcher->infer([2]));
?>
--EXPECT--
-- one item
item 0: {"x":1}
item 1: LogicException: two
item 2: {"x":3}
{"done":2,"failed":1,"batches":1,"retried":0}
-- a batch
item 0: LogicException: 3 items
item 1: LogicException: 3 items
item 2: LogicException: 3 items
{"done":0,"failed":3,"batches":1,"retried":0}
-- the bad one is found
item 0: {"x":1}
item 1: LogicException: two is among 1
item 2: {"x":3}
{"done":2,"failed":1,"batches":4,"retried":3}
-- too few
item 0: Tusk\MisuseError: the executor of a Batcher must return an output for each input, in their order: it got 3 inputs and returned 1 outputs
item 1: Tusk\MisuseError: the executor of a Batcher must return an output for each input, in their order: it got 3 inputs and returned 1 outputs
item 2: Tusk\MisuseError: the executor of a Batcher must return an output for each input, in their order: it got 3 inputs and returned 1 outputs
{"done":0,"failed":3,"batches":1,"retried":0}
-- no list
item 0: Tusk\MisuseError: the executor of a Batcher must return a list with an output for each input; it returned none
item 1: Tusk\MisuseError: the executor of a Batcher must return a list with an output for each input; it returned none
item 2: Tusk\MisuseError: the executor of a Batcher must return a list with an output for each input; it returned none
{"done":0,"failed":3,"batches":1,"retried":0}
-- not an array
item 0: {"x":1}
item 1: Tusk\MisuseError: output 1 of a Batcher's executor is neither an array nor a Throwable
item 2: Tusk\MisuseError: output 2 of a Batcher's executor is neither an array nor a Throwable
{"done":1,"failed":2,"batches":1,"retried":0}
-- an error of the engine
item 0: DivisionByZeroError: Division by zero
item 1: DivisionByZeroError: Division by zero
item 2: DivisionByZeroError: Division by zero
{"done":0,"failed":3,"batches":1,"retried":0}
first: Exception: first
second: [2]
