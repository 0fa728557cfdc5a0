--TEST--
Buffer and Device: bad arguments, quota, clone and serialize, and drivers that are not there
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
$buffer = $device->allocate(10);
echo failure_text(fn () => new Buffer()), "\n";
echo failure_text(fn () => new Device()), "\n";
echo failure_text(fn () => $device->allocate(-1)), "\n";
echo failure_text(fn () => $buffer->view(5, 6)), "\n";
echo failure_text(fn () => $buffer->write('12345678901')), "\n";
echo failure_text(fn () => $buffer->read(11)), "\n";
echo failure_text(fn () => $buffer->fill(256)), "\n";
echo failure_text(fn () => $buffer->copyTo($device->allocate(9))), "\n";
echo failure_text(fn () => clone $buffer), "\n";
echo failure_text(fn () => serialize($buffer)), "\n";
echo failure_text(fn () => unserialize('O:18:"Tusk\Device\Buffer":0:{}')), "\n";
echo failure_text(fn () => Device::cuda(7)), "\n";
$device->limit(4096);
$held = $device->allocate(2048);
echo failure_text(fn () => $device->allocate(4000)), "\n";
echo failure_text(fn () => $device->allocate(4000, 0.01)), "\n";
echo failure_text(fn () => $device->allocate(5000, null)), "\n";
// It would take 4096 of them, and never have them, whoever frees what.
$device->limit(4095);
echo failure_text(fn () => $device->allocate(4000, null)), "\n";
$device->limit(4096);
// Waiting for room: the next that frees makes it.
$waits = Tusk\go(fn () => $device->allocate(2048, 30)->size());
$frees = Tusk\go(function () use (&$held, &$buffer) { Tusk\sleep(0); unset($GLOBALS['held'], $GLOBALS['buffer']); $held = $buffer = null; });
echo $waits->join(), "\n";
control('ascend', 2, 0);
echo failure_text(fn () => Device::ascend()->allocate(100)), "\n";
control('ascend', 2, -1);
putenv('TUSK_CAMBRICON_LIBRARY=/nowhere/libcnrt.so');
echo failure_text(fn () => Device::cambricon()), "\n";
$all = Device::all();
echo json_encode([array_keys($all), $all['cambricon']['available'], $all['cambricon']['reason'] !== null, $all['cuda']['devices'][1]['name']]), "\n";
?>
--EXPECT--
Tusk\MisuseError: a Buffer is made by Device::allocate() or Device::pinned()
Tusk\MisuseError: a Device is made by Device::host(), cuda(), ascend() or cambricon()
ValueError: Tusk\Device\Device::allocate(): Argument #1 ($bytes) must be zero or more
Tusk\MisuseError: cannot make a view of a buffer: 6 bytes from 5 reach beyond its 10
Tusk\MisuseError: cannot make a view of a buffer: 11 bytes from 0 reach beyond its 10
Tusk\MisuseError: cannot make a view of a buffer: 0 bytes from 11 reach beyond its 10
ValueError: Tusk\Device\Buffer::fill(): Argument #1 ($byte) must be from 0 to 255
Tusk\MisuseError: cannot copy: both sides must have the same length
Error: Trying to clone an uncloneable object of class Tusk\Device\Buffer
Tusk\MisuseError: a Tusk\Device\Buffer cannot be serialized: its memory is the device's and this process's; serialize read(), or hand a tensor to another process with toTensor()->share()
Tusk\MisuseError: a Tusk\Device\Buffer cannot be serialized: its memory is the device's and this process's; serialize read(), or hand a tensor to another process with toTensor()->share()
Tusk\DeviceException: cannot open a device: there is no cuda device 7, the driver has 2; CUDA_VISIBLE_DEVICES, ASCEND_RT_VISIBLE_DEVICES and MLU_VISIBLE_DEVICES hide devices
Tusk\DeviceException: cannot allocate a buffer: 4000 bytes go over the quota of cuda:0: 2560 of 4096 bytes are in use by 2 buffers; free buffers, wait for room (allocate's $timeout), or raise limit()
Tusk\DeviceException: cannot allocate a buffer: 4000 bytes go over the quota of cuda:0: 2560 of 4096 bytes are in use by 2 buffers; free buffers, wait for room (allocate's $timeout), or raise limit()
Tusk\DeviceException: cannot allocate a buffer: 5000 bytes go over the quota of cuda:0: 2560 of 4096 bytes are in use by 2 buffers; free buffers, wait for room (allocate's $timeout), or raise limit()
Tusk\DeviceException: cannot allocate a buffer: 4000 bytes (4096 rounded up) go over the quota of cuda:0: 2560 of 4095 bytes are in use by 2 buffers; free buffers, wait for room (allocate's $timeout), or raise limit()
2048
Tusk\DeviceException: cannot allocate device memory: ACL says MEMORY_ALLOCATION (207001); free buffers, trim() the cache, or use a smaller batch
Tusk\UnsupportedException: cannot load a device's library: /nowhere/libcnrt.so: cannot open shared object file: No such file or directory; install the driver, or name its library's file by TUSK_CAMBRICON_LIBRARY, or its folder by LD_LIBRARY_PATH
[["host","cuda","ascend","cambricon"],false,true,"Simulated GPU"]
