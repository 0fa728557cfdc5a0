--TEST--
Buffers are given back on exception and cancel, pass through channels and weak maps, and copies are cancelled cleanly
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
$device = Device::cuda();
function used(): string { global $device; $device->synchronize(); return $device->stats()['buffers'] . ' buffers'; }
try {
    (function () use ($device) { $b = $device->allocate(1000); throw new Exception('x'); })();
} catch (Exception) {
}
echo used(), "\n";
// Cancelled in the middle of a slow copy: the memory is the device's until it is done.
control('cuda', 1, 20000);
$co = Tusk\go(function () use ($device) {
    $b = $device->allocate(8 << 20);
    $b->write(str_repeat('x', 8 << 20));
    echo "not reached\n";
});
Tusk\go(fn () => $co->cancel());
echo failure_text(fn () => $co->join()), "\n";
control('cuda', 1, 0);
echo used(), ' ', control('cuda', 10), "\n";
// Others run while a copy waits.
control('cuda', 1, 5000);
$ticks = 0;
$ticker = Tusk\go(function () use (&$ticks) { while (true) { Tusk\sleep(0.0001); $ticks++; } });
$b = $device->allocate(1 << 20);
for ($i = 0; $i < 5; $i++) {
    $b->write(str_repeat('y', 1 << 20));
}
$ticker->cancel();
echo $ticks > 0 ? "others ran\n" : "nobody ran\n";
control('cuda', 1, 0);
$channel = new Tusk\Channel(1);
$channel->send($b);
$weak = WeakReference::create($b);
$map = new WeakMap();
$map[$b] = 'noted';
unset($b);
$b = $channel->receive();
echo $b->read(0, 3), ' ', $map[$b], ' ', $weak->get() === $b ? 'same' : 'other', "\n";
unset($b);
echo used(), ' ', count($map), "\n";
// In the child of a fork the parent's devices say what to do.
$b = $device->allocate(10);
$pid = pcntl_fork();
if ($pid === 0) {
    echo failure_text(fn () => $b->write('x')), "\n";
    echo failure_text(fn () => $device->allocate(1)), "\n";
    echo failure_text(fn () => Device::cuda()), "\n";
    $own = Device::host()->allocate(5);
    $own->write('child');
    echo $own->read(), "\n";
    exit(0);
}
pcntl_waitpid($pid, $status);
$b->write('parent');
echo $b->read(0, 6), "\n";
?>
--EXPECT--
0 buffers
Tusk\CancelledException: the coroutine was cancelled
0 buffers 0
others ran
yyy noted same
0 buffers 0
Tusk\MisuseError: cannot use a device: cuda:0 was opened before this process forked, and its driver belongs to the parent; open it in the child: in workerman, in onWorkerStart
Tusk\MisuseError: cannot use a device: cuda:0 was opened before this process forked, and its driver belongs to the parent; open it in the child: in workerman, in onWorkerStart
Tusk\MisuseError: cannot open a device: the cuda driver was opened before this process forked, and does not survive that; open it in the child alone: in workerman, in onWorkerStart
child
parent
