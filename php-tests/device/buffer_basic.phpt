--TEST--
Buffer on host and on three simulated drivers: write, read, views, copies, tensors
--SKIPIF--
<?php require __DIR__ . "/../include/device.inc"; Tusk\Tests\skip_without_simulated_devices(); ?>
--EXTENSIONS--
ffi
pcntl
--FILE--
<?php
require __DIR__ . "/../include/device.inc";
use Tusk\Device\{Device, Buffer, Tensor};
use function Tusk\Tests\{simulate, control, failure_text};
simulate();
foreach (['host', 'cuda', 'ascend', 'cambricon'] as $kind) {
    $device = Device::$kind();
    if ($kind !== 'host') {
        control($kind, 1, 300);
    }
    $buffer = $device->allocate(3 << 20);
    $data = random_bytes(3 << 20);
    $buffer->write($data);
    $view = $buffer->view(1000, 10);
    $same = [$buffer->read() === $data, $view->read() === substr($data, 1000, 10)];
    $view->write('abc', 7);
    $same[] = $buffer->read(1007, 3) === 'abc';
    $copy = $buffer->duplicate();
    $buffer->fill(0);
    $same[] = $copy->read(1007, 3) === 'abc' && $view->read() === str_repeat("\0", 10);
    $pinned = $device->pinned(10);
    $pinned->write('0123456789');
    $pinned->copyTo($view);
    $same[] = $buffer->read(1000, 10) === '0123456789';
    $view->copyTo($pinned);
    $pinned->copyTo($pinned->duplicate());
    $tensor = Tensor::fromArray([[1, 2], [3, 4]])->slice(1, 1);
    $buffer->write($tensor);
    $same[] = $buffer->view(0, 16)->toTensor('i64', [2])->toArray() === [2, 4];
    // The view keeps the memory when the buffer has gone.
    unset($buffer, $copy, $pinned);
    $same[] = strlen($view->read()) === 10 && $device->stats()['buffers'] === 1;
    unset($view);
    $device->synchronize();
    $stats = $device->stats();
    echo $kind, ' ', json_encode($same), ' ', $stats['buffers'], ' ', $stats['used'], ' ', $stats['cached'] > 0 ? 'kept' : 'none kept', ' ',
        $device->trim() > 0 ? 'trimmed' : 'nothing', ' ', $device->stats()['cached'], "\n";
}
// Between two devices of a kind; between kinds it is refused.
$one = Device::cuda(0)->allocate(100);
$two = Device::cuda(1)->allocate(100);
$one->write(str_repeat('x', 100));
$one->copyTo($two);
echo $two->read(0, 3), ' ', $two->device()->kind(), $two->device()->ordinal(), "\n";
echo failure_text(fn () => $one->copyTo(Device::ascend()->allocate(100))), "\n";
?>
--EXPECT--
host [true,true,true,true,true,true,true] 0 0 kept trimmed 0
cuda [true,true,true,true,true,true,true] 0 0 kept trimmed 0
ascend [true,true,true,true,true,true,true] 0 0 kept trimmed 0
cambricon [true,true,true,true,true,true,true] 0 0 kept trimmed 0
xxx cuda1
Tusk\MisuseError: cuda:0 and ascend:0 do not reach each other's memory: go through a tensor (toTensor(), then write())
