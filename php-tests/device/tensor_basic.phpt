--TEST--
Tensor: types, shapes, views, joins, casts, and the numbers back
--FILE--
<?php
use Tusk\Device\Tensor;
function show(string $what, mixed $value): void { echo "$what: ", json_encode($value), "\n"; }

$t = Tensor::fromArray([[1, 2, 3], [4, 5, 6]]);
show('inferred', [$t->dtype(), $t->shape(), $t->strides(), $t->count(), $t->bytes()]);
show('floats', [Tensor::fromArray([1, 2.5])->dtype(), Tensor::fromArray([true])->dtype(), Tensor::fromArray([])->shape()]);
show('reshape', $t->reshape([3, -1])->toArray());
show('slice', $t->slice(1, -2)->toArray());
show('steps', $t->slice(1, 0, 2, 2)->toArray());
show('at', $t->at(-1)->toArray());
show('number', $t->at(1)->at(2)->toArray());
show('gaps', [$t->slice(1, 1)->isPacked(), $t->slice(1, 1)->packed()->strides()]);
show('concat', Tensor::concat([$t, $t->slice(1, 0, 1)], 1)->toArray());
show('stack', Tensor::stack([$t->at(0), $t->at(1)], 1)->toArray());
show('cast', $t->cast('f16')->cast('u8')->toArray());
show('saturates', Tensor::fromArray([300, -300, 1.9, NAN])->cast('i8')->toArray());
show('int4', bin2hex(Tensor::fromArray([1, -1, 7])->cast('i4')->toString()));
show('int4 back', Tensor::fromString("\xf1\x07", 'i4', [3])->toArray());
show('bf16', Tensor::fromArray([1.0, -2.5], 'bf16')->toArray());
show('zeros', Tensor::zeros([2, 2], 'bool')->toArray());
show('string', Tensor::fromString(pack('e*', 1.5, -1), 'f64')->toArray());
show('bytes', unpack('g*', $t->cast('f32')->at(1)->toString()));
show('no elements', Tensor::zeros([0, 3])->toArray());
?>
--EXPECT--
inferred: ["i64",[2,3],[3,1],6,48]
floats: ["f32","bool",[0]]
reshape: [[1,2],[3,4],[5,6]]
slice: [[2,3],[5,6]]
steps: [[1,3],[4,6]]
at: [4,5,6]
number: 6
gaps: [false,[2,1]]
concat: [[1,2,3,1],[4,5,6,4]]
stack: [[1,4],[2,5],[3,6]]
cast: [[1,2,3],[4,5,6]]
saturates: [127,-128,1,0]
int4: "f107"
int4 back: [1,-1,7]
bf16: [1,-2.5]
zeros: [[false,false],[false,false]]
string: [1.5,-1]
bytes: {"1":4,"2":5,"3":6}
no elements: []
