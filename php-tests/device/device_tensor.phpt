--TEST--
DeviceTensor on host and three simulated drivers: there and back, views, several at a time, cancel, and its end
--SKIPIF--
<?php require __DIR__ . "/../include/device.inc"; Tusk\Tests\skip_without_simulated_devices(); ?>
--EXTENSIONS--
ffi
--FILE--
<?php
declare(strict_types=1);
require __DIR__ . "/../include/device.inc";
use Tusk\Device\{Device, Tensor};
use function Tusk\Tests\{simulate, control, failure_text};
use function Tusk\go;
simulate();
foreach (['host', 'cuda', 'ascend', 'cambricon'] as $kind) {
    $device = Device::$kind();
    $ask = fn (int $what, int $value = 0) => $kind === 'host' ? 0 : control($kind, $what, $value);
    $ask(1, 300);
    $tensor = Tensor::fromArray([[1.5, 2], [3, 4]], 'f32');
    $there = $tensor->toDevice($device);
    $same = [$there->toTensor()->toArray() === [[1.5, 2.0], [3.0, 4.0]], $there->shape() === [2, 2], $there->device()->kind() === $kind];
    // With gaps: packed on the way.
    $same[] = $tensor->slice(1, 1)->toDevice($device)->toTensor()->toArray() === [[2.0], [4.0]];
    // A view keeps the memory, and sees what is written.
    $buffer = $there->buffer();
    $row = $buffer->view(8)->tensor('f32', [2]);
    unset($there);
    $buffer->write(pack('f', 7), 8);
    $same[] = $row->toTensor()->toArray() === [7.0, 4.0];
    $same[] = Tensor::zeros([0, 3])->toDevice($device)->toTensor()->shape() === [0, 3];
    // Up, down and within at the same time, each in its own order.
    $all = [];
    for ($i = 0; $i < 8; $i++) {
        $all[] = go(function () use ($device, $i) {
            $data = str_repeat(chr(65 + $i), 1 << 20);
            $one = Tensor::fromString($data, 'u8')->toDevice($device);
            $two = $one->buffer()->duplicate();
            $one->buffer()->fill(0);
            return $two->read() === $data && trim($one->toTensor()->toString(), "\0") === '';
        });
    }
    $same[] = array_unique(array_map(fn ($one) => $one->join(), $all)) === [true];
    // A cancelled upload leaves nothing behind. It takes long enough to be cancelled on a machine that is busy.
    $ask(1, 200_000);
    $cancelled = go(fn () => Tensor::zeros([1 << 20])->toDevice($device));
    Tusk\sleep(0);
    $cancelled->cancel();
    $same[] = str_starts_with(failure_text(fn () => $cancelled->join()), 'Tusk\CancelledException') || $kind === 'host';
    $ask(1, 300);
    unset($row, $buffer, $all, $cancelled);
    $device->synchronize();
    echo $kind, ' ', json_encode($same), ' ', $device->stats()['buffers'], ' ', array_sum(array_map($ask, [10, 12, 14, 15, 16])), "\n";
}
$device->limit(1000);
echo failure_text(fn () => Tensor::zeros([1000])->toDevice($device)), "\n";
?>
--EXPECTF--
host [true,true,true,true,true,true,true,true] 0 0
cuda [true,true,true,true,true,true,true,true] 0 0
ascend [true,true,true,true,true,true,true,true] 0 0
cambricon [true,true,true,true,true,true,true,true] 0 0
Tusk\DeviceException: cannot allocate a buffer: 4000 bytes go over the quota of cambricon:0%s
