--TEST--
Tensor: what is wrong is said, with what was expected and what was given
--FILE--
<?php
declare(strict_types=1);
use Tusk\Device\Tensor;
function failure(callable $call): void
{
    try {
        $call();
        echo "no exception\n";
    } catch (\Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
}
$t = Tensor::zeros([2, 3]);
failure(fn () => new Tensor());
failure(fn () => Tensor::fromString('abc', 'f32'));
failure(fn () => Tensor::fromString('abcd', 'f32', [2]));
failure(fn () => Tensor::fromString('abcdefgh', 'f32', [1]));
failure(fn () => Tensor::fromString('abcd', 'float32'));
failure(fn () => Tensor::fromString('abcd', 'u8', [-4]));
failure(fn () => Tensor::fromString('abcd', 'u8', ['4']));
failure(fn () => Tensor::fromString('', 'u8', [PHP_INT_MAX, PHP_INT_MAX]));
failure(fn () => Tensor::zeros(array_fill(0, 17, 1)));
failure(fn () => Tensor::fromArray([[1, 2], [3]]));
failure(fn () => Tensor::fromArray([1, [2]]));
failure(fn () => Tensor::fromArray([[1], 2]));
failure(fn () => Tensor::fromArray(['1']));
failure(fn () => Tensor::concat([]));
failure(fn () => Tensor::concat([$t, 1]));
failure(fn () => Tensor::concat([$t, Tensor::zeros([3, 2])]));
failure(fn () => Tensor::concat([$t, $t], -1));
failure(fn () => Tensor::stack([$t, $t->cast('i8')]));
failure(fn () => $t->reshape([4, -1]));
failure(fn () => $t->slice(2, 0));
failure(fn () => $t->slice(1, 1, 3));
failure(fn () => $t->slice(1, 4));
failure(fn () => $t->slice(1, 0, null, 0));
failure(fn () => $t->at(2));
failure(fn () => $t->at(0)->at(0)->at(0));
failure(fn () => $t->slice(1, 1)->pointer());
failure(fn () => clone $t);
failure(fn () => serialize($t));
?>
--EXPECTF--
Tusk\MisuseError: a Tensor is made by Tensor::fromString(), fromArray(), fromNpy(), fromSafetensors() or zeros()
ValueError: Tusk\Device\Tensor::fromString(): Argument #1 ($bytes) must have a whole number of f32
Tusk\MisuseError: cannot make a tensor: f32 of shape [2] needs 8 bytes from byte 0 on, there are 4
Tusk\MisuseError: cannot make a tensor: f32 of shape [1] needs 4 bytes, 8 were given
ValueError: Tusk\Device\Tensor::fromString(): Argument #2 ($dtype) must be one of f16, bf16, f32, f64, i8, i16, i32, i64, u8, bool, i4
ValueError: Tusk\Device\Tensor::fromString(): Argument #3 ($shape) must be a list of lengths, zero or more each
ValueError: Tusk\Device\Tensor::fromString(): Argument #3 ($shape) must be a list of lengths, zero or more each
Tusk\MisuseError: cannot make a tensor: the shape [9223372036854775807, 9223372036854775807] has more elements than memory
Tusk\MisuseError: cannot make a tensor: its shape has 17 dimensions, at most 16 are possible
ValueError: Tusk\Device\Tensor::fromArray(): Argument #1 ($values) must have lists of one length at each depth
ValueError: Tusk\Device\Tensor::fromArray(): Argument #1 ($values) must have numbers at one depth only
ValueError: Tusk\Device\Tensor::fromArray(): Argument #1 ($values) must have numbers at one depth only
ValueError: Tusk\Device\Tensor::fromArray(): Argument #1 ($values) must hold numbers, booleans and lists of them
Tusk\MisuseError: cannot concatenate tensors: none were given
TypeError: Tusk\Device\Tensor::concat(): Argument #1 ($tensors) must hold tensors
Tusk\MisuseError: cannot concatenate tensors: f32[2, 3] and f32[3, 2] differ in more than dimension 0; cast() and reshape() make them alike
ValueError: Tusk\Device\Tensor::concat(): Argument #2 ($axis) must be zero or more
Tusk\MisuseError: cannot stack tensors: f32[2, 3] and i8[2, 3] differ; cast() and reshape() make them alike
Tusk\MisuseError: cannot reshape a tensor: [2, 3] has 6 elements and does not become [4, -1]; one length may be -1, for what is left
ValueError: Tusk\Device\Tensor::slice(): Argument #1 ($axis) must be a dimension of f32[2, 3]
Tusk\MisuseError: cannot slice a tensor: 3 from 1 in steps of 1 reach beyond dimension 1, which has 3
ValueError: Tusk\Device\Tensor::slice(): Argument #2 ($start) must be inside the dimension, which has 3; 4 given
ValueError: Tusk\Device\Tensor::slice(): Argument #4 ($step) must be one or more
Tusk\MisuseError: cannot slice a tensor: 1 from 2 in steps of 1 reach beyond dimension 0, which has 2
Tusk\MisuseError: a tensor without dimensions has no index
Tusk\MisuseError: the tensor has gaps between its elements: call packed() first
Error: Trying to clone an uncloneable object of class Tusk\Device\Tensor
Exception: Serialization of 'Tusk\Device\Tensor' is not allowed
