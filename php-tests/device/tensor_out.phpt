--TEST--
Tensors for others: an address for FFI, a DLPack capsule, and sealed memory for another process
--EXTENSIONS--
ffi
pcntl
--FILE--
<?php
use Tusk\Device\Tensor;
$c = FFI::cdef('');
$t = Tensor::fromArray([[1, 2, 3], [4, 5, 6]], 'f32');
$floats = $c->cast('float *', $t->pointer());
echo $floats[0], ' ', $floats[5], "\n";
$floats = $c->cast('float *', $t->at(1)->pointer());
echo $floats[0], "\n";

$ffi = FFI::cdef('
typedef struct { void *data; int32_t device_type, device_id; int32_t ndim; uint8_t code, bits; uint16_t lanes;
    int64_t *shape; int64_t *strides; uint64_t byte_offset; } DLTensor;
typedef struct DLManagedTensor { DLTensor dl_tensor; void *manager_ctx; void (*deleter)(struct DLManagedTensor *self); } DLManagedTensor;
');
$capsule = $t->slice(1, 1, 2)->dlpack();
$managed = $ffi->cast('DLManagedTensor *', $capsule->pointer());
$dl = $managed->dl_tensor;
echo json_encode([$dl->device_type, $dl->ndim, $dl->code, $dl->bits, $dl->shape[0], $dl->shape[1], $dl->strides[0], $dl->byte_offset]), "\n";
$managed = $ffi->cast('DLManagedTensor *', $capsule->take());
unset($t, $dl);
$data = $c->cast('float *', $managed->dl_tensor->data);
echo $data[1], ' ', $data[4], "\n";
($managed->deleter)($managed);
try {
    $capsule->pointer();
} catch (Tusk\MisuseError $e) {
    echo $e->getMessage(), "\n";
}

$t = Tensor::fromArray([[1, 2, 3], [4, 5, 6]], 'i16')->slice(1, 1);
$path = $t->share();
var_dump($path === $t->share(), @fopen($path, 'r+') && @fwrite(fopen($path, 'r+'), 'x'));
$pid = pcntl_fork();
if ($pid === 0) {
    // Another process, that opens it by its path.
    $other = Tensor::fromSafetensors($path)['tensor'];
    echo json_encode($other->toArray()), ' ', $other->pointer() % 64, "\n";
    exit(0);
}
pcntl_waitpid($pid, $status);
?>
--EXPECT--
1 6
4
[1,2,2,32,2,2,3,4]
2 5
the capsule was taken: make another with Tensor::dlpack()
bool(true)
bool(false)
[[2,3],[5,6]] 0
