--TEST--
Batcher over a Session: joined, shared and padded inputs, several rows, errors
--SKIPIF--
<?php require __DIR__ . "/../include/onnx.inc"; Tusk\Tests\skip_without_onnx(); ?>
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
require __DIR__ . '/../include/onnx.inc';
use function Tusk\Tests\{attempt, onnx_add, onnx_model, onnx_node, onnx_value};
use Tusk\Infer\{Batcher, Session};
use function Tusk\go;
function all(Batcher $batcher, array $items, string $output = 'sum'): void
{
    $all = array_map(fn ($item) => go(fn () => $batcher->infer($item)[$output]->toArray()), $items);
    foreach ($all as $number => $one) { attempt("item $number", fn () => $one->join()); }
    echo json_encode($batcher->stats()['sizes']), "\n";
}
$session = new Session(onnx_add());
echo "-- rows\n";
$item = fn (int $x, int $rows = 1) => ['a' => array_fill(0, $rows, [$x, 2 * $x]), 'b' => array_fill(0, $rows, [100, 200])];
all(new Batcher($session, maxBatch: 4, maxDelay: 3600), [$item(1), $item(2, 2), $item(3)]);
echo "-- shapes that differ do not share a batch\n";
all(new Batcher($session, maxBatch: 2, maxDelay: 0.0), [['a' => [[1]], 'b' => [[1]]], $item(2), ['a' => [[3]], 'b' => [[3]]]]);
echo "-- padded to the longest, and cut back\n";
$ragged = [['a' => [[1]], 'b' => [[1]]], ['a' => [[1, 2, 3]], 'b' => [[1, 1, 1]]], ['a' => [[5, 6]], 'b' => [[0, 0]]]];
all(new Batcher($session, maxBatch: 3, maxDelay: 3600, pad: ['a' => 0, 'b' => -1]), $ragged);
echo "-- padded to buckets\n";
all(new Batcher($session, maxDelay: 0.0, pad: ['a' => 0, 'b' => 0], buckets: [2, 4]), $ragged);
echo "-- shared, and another axis\n";
$path = onnx_model([onnx_node('MatMul', ['w', 'x'], 'y')], [onnx_value('w', [2, 2]), onnx_value('x', [2, 'n'])], [onnx_value('y', [2, 'n'])]);
$product = new Session($path);
$double = [[2, 0], [0, 2]];
all(new Batcher($product, maxBatch: 3, maxDelay: 3600, axes: ['w' => null, 'x' => 1, 'y' => 1]),
    [['w' => $double, 'x' => [[1], [2]]], ['w' => $double, 'x' => [[3], [4]]], ['w' => $double, 'x' => [[5], [6]]]], 'y');
echo "-- errors\n";
$batcher = new Batcher($session, maxDelay: 0.0);
attempt('name', fn () => $batcher->infer(['a' => [[1]]]));
attempt('rows', fn () => $batcher->infer(['a' => [[1]], 'b' => [[1], [2]]]));
attempt('too many rows', fn () => $batcher->infer($item(1, 33)));
attempt('axis', fn () => (new Batcher($product, maxDelay: 0.0, axes: ['w' => null, 'x' => 2]))->infer(['w' => $double, 'x' => [[1], [2]]]));
attempt('output axis', fn () => (new Batcher($product, maxDelay: 0.0, axes: ['w' => null, 'x' => 1]))->infer(['w' => $double, 'x' => [[1], [2]]]));
attempt('axes', fn () => new Batcher($session, axes: ['a' => 'first']));
attempt('buckets', fn () => new Batcher($session, buckets: [0]));
?>
--EXPECTF--
-- rows
item 0: [[101,202]]
item 1: [[102,204],[102,204]]
item 2: [[103,206]]
{"4":1}
-- shapes that differ do not share a batch
item 0: [[2]]
item 1: [[102,204]]
item 2: [[6]]
{"1":1,"2":1}
-- padded to the longest, and cut back
item 0: [[2]]
item 1: [[2,3,4]]
item 2: [[5,6]]
{"3":1}
-- padded to buckets
item 0: [[2]]
item 1: [[2,3,4]]
item 2: [[5,6]]
{"1":1,"2":1}
-- shared, and another axis
item 0: [[2],[4]]
item 1: [[6],[8]]
item 2: [[10],[12]]
{"3":1}
-- errors
name: Tusk\MisuseError: cannot run a model: onnx%s: input "b" is missing; expected "a" f32[n, m], "b" f32[n, m]
rows: Tusk\MisuseError: cannot put a request into a batch: input "b" is f32[2, 1] and has 2 rows on axis 0; all inputs of a request must have as many, and one at least
too many rows: Tusk\MisuseError: cannot queue an inference: the item has 33 rows, and a batch at most 32
axis: Tusk\MisuseError: cannot put a request into a batch: input "x" is f32[2, 1] and has no axis 2 for the batch; name its axis, or null to share it
output axis: Tusk\ProtocolException: cannot split a batch's outputs: output "y" is f32[2, 1], and axis 0 should have the batch's 1 rows; name the batch axis of this output, or null where it has none
axes: ValueError: Tusk\Infer\Batcher::__construct(): Argument #14 ($axes) must hold the number of an axis, or null, for each name
buckets: ValueError: Tusk\Infer\Batcher::__construct(): Argument #16 ($buckets) must be a list of lengths
