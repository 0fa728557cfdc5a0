--TEST--
Tensors over npy and safetensors files: read by map, damaged and truncated ones are exceptions
--FILE--
<?php
use Tusk\Device\Tensor;
$folder = sys_get_temp_dir() . '/tusk-tensor-' . getmypid();
mkdir($folder);
register_shutdown_function(function () use ($folder) {
    array_map('unlink', glob("$folder/*"));
    rmdir($folder);
});
function npy(string $header, string $data): string
{
    return "\x93NUMPY\x01\x00" . pack('v', strlen($header)) . $header . $data;
}
function safetensors(string $header, string $data): string
{
    return pack('P', strlen($header)) . $header . $data;
}
function failure(callable $call): void
{
    try {
        $call();
        echo "no exception\n";
    } catch (\Throwable $e) {
        echo get_class($e), ': ', str_replace(["{$GLOBALS['folder']}/", $GLOBALS['folder']], ['', 'FOLDER'], $e->getMessage()), "\n";
    }
}
$header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }      \n";
file_put_contents("$folder/a.npy", npy($header, pack('g*', 1, 2, 3, 4.5)));
$t = Tensor::fromNpy("$folder/a.npy");
echo $t->dtype(), json_encode($t->toArray()), "\n";
file_put_contents("$folder/b.npy", npy($header, pack('g*', 1, 2, 3)));
failure(fn () => Tensor::fromNpy("$folder/b.npy"));
file_put_contents("$folder/c.npy", npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", ''));
failure(fn () => Tensor::fromNpy("$folder/c.npy"));
failure(fn () => Tensor::fromNpy("$folder/none.npy"));
failure(fn () => Tensor::fromNpy("a\0b"));
failure(fn () => Tensor::fromNpy($folder));

$header = '{"weight":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"7":{"dtype":"I64","shape":[],"data_offsets":[4,12]}}';
file_put_contents("$folder/a.safetensors", safetensors($header, "\x80\x3f\x00\xc0" . pack('P', 42)));
foreach (Tensor::fromSafetensors("$folder/a.safetensors") as $name => $tensor) {
    echo $name, ' ', $tensor->dtype(), json_encode($tensor->toArray()), "\n";
}
file_put_contents("$folder/b.safetensors", safetensors($header, "\x80\x3f\x00\xc0"));
failure(fn () => Tensor::fromSafetensors("$folder/b.safetensors"));
file_put_contents("$folder/c.safetensors", str_repeat("\xff", 20));
failure(fn () => Tensor::fromSafetensors("$folder/c.safetensors"));

// Made shorter while it is mapped: an exception, also in a coroutine, and the process lives.
file_put_contents("$folder/d.npy", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1000000,)}", str_repeat('x', 1000000)));
$d = Tensor::fromNpy("$folder/d.npy");
ftruncate(fopen("$folder/d.npy", 'r+'), 5000);
failure(fn () => $d->toString());
failure(fn () => $d->toArray());
failure(fn () => Tusk\go(fn () => $d->cast('f32'))->join());
?>
--EXPECT--
f32[[1,2],[3,4.5]]
Tusk\ProtocolException: cannot read an npy file: b.npy: f32 of shape [2, 2] needs 92 bytes, the file has 88: it is truncated
Tusk\ProtocolException: cannot read an npy file: c.npy: its elements are "|O"; read are little-endian f2, f4, f8, i1, i2, i4, i8, u1 and b1
Tusk\MisuseError: cannot map a file: there is no file none.npy; a path without / at its beginning starts at the working directory
ValueError: Tusk\Device\Tensor::fromNpy(): Argument #1 ($path) must not contain any null bytes
Tusk\MisuseError: cannot map a file: FOLDER is no regular file
weight bf16[1,-2]
7 i6442
Tusk\ProtocolException: cannot read a safetensors file: b.safetensors: tensor "7": it ends at byte 12 of the data, the file has 4: it is truncated
Tusk\ProtocolException: cannot read a safetensors file: c.safetensors: its header has 18446744073709551615 bytes, more than 33554432 are not read; is it a safetensors file?
Tusk\ProtocolException: cannot read a mapped file: d.npy was made shorter than the 1000071 bytes it had when it was opened; replace files by renaming a new one over them instead of writing into them
Tusk\ProtocolException: cannot read a mapped file: d.npy was made shorter than the 1000071 bytes it had when it was opened; replace files by renaming a new one over them instead of writing into them
Tusk\ProtocolException: cannot read a mapped file: d.npy was made shorter than the 1000071 bytes it had when it was opened; replace files by renaming a new one over them instead of writing into them
