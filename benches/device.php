<?php
/**
 * Tensors over strings, buffers from the cache, copies, and the loop beside them.
 *
 * `--device cuda:0` (ascend:0, cambricon:0) measures a device too; where TUSK_CUDA_LIBRARY names a
 * simulated driver its figures are Tusk's own part alone, and bandwidth has no bound. CUDA is
 * compared with bare cuMemcpy*Async calls through FFI. TUSK_MODEL names an ONNX model to run there.
 */

declare(strict_types=1);

namespace Bench;

use Tusk\Device\{Device, Tensor};
use Tusk\Infer\Session;

require __DIR__ . '/lib/measure.php';

echo "## Tensors\n\n";
$string = random_bytes(64 << 20);
// The code is paged in before, by a call on something small.
Tensor::fromString('abcd', 'f32', [1])->toString();
resident_kib();
$before = resident_kib();
$back = Tensor::fromString($string, 'f32', [16, 1 << 20])->toString();
check('64 MiB string to tensor and back: memory', resident_kib() - $before, 512, 'KiB');
$back === $string || throw new \Exception('the bytes differ');
check('64 MiB string to tensor and back: time', best_of(['it' => static function (int $n) use ($string): void {
    while ($n-- > 0) {
        Tensor::fromString($string, 'f32', [16, 1 << 20])->toString();
    }
}], 100_000)['it'] / 1000, 2, 'µs');
unset($back, $string);

/** The bounds of every device: a buffer from the cache, and the loop beside copies. */
function general(Device $device, string $name, int $length): void
{
    echo "\n## $name\n\n";
    $device->allocate(1 << 20);
    check('a buffer of 1 MiB from the cache and back', best_of(['it' => static function (int $n) use ($device): void {
        while ($n-- > 0) {
            $device->allocate(1 << 20);
        }
    }], 100_000)['it'] / 1000, 2, 'µs');
    $string = str_repeat('x', $length);
    $buffer = $device->allocate($length);
    $pinned = $device->pinned($length);
    $buffer->write($string);
    $longest = latest_tick(static function () use ($buffer, $pinned, $string): void {
        for ($round = 0; $round < 8; $round++) {
            $buffer->write($string);
            $buffer->copyTo($pinned);
            $pinned->copyTo($buffer);
        }
    });
    check('a timer of 2 ms beside copies, late by', $longest, 2, 'ms');
}

general(Device::host(), 'host', 64 << 20);

$place = getopt('', ['device:'])['device'] ?? null;
if ($place === null) {
    exit;
}
[$kind, $ordinal] = explode(':', $place) + [1 => 0];
$device = Device::$kind((int) $ordinal);
$isSimulated = getenv('TUSK_' . strtoupper($kind) . '_LIBRARY') !== false;
$length = $isSimulated ? 4 << 20 : 256 << 20;
general($device, $isSimulated ? "$place (simulated)" : $place, $isSimulated ? 4 << 20 : 64 << 20);

/** GB a second of a copy that is made so many times. */
function rate(int $length, int $times, callable $copy): float
{
    $best = 0.0;
    for ($round = 0; $round < 5; $round++) {
        $began = hrtime(true);
        for ($n = 0; $n < $times; $n++) {
            $copy();
        }
        $best = max($best, $length * $times / (hrtime(true) - $began));
    }
    return $best;
}

$pinned = $device->pinned($length);
$memory = $device->allocate($length);
$own = [
    'up' => rate($length, 16, static fn () => $pinned->copyTo($memory)),
    'down' => rate($length, 16, static fn () => $memory->copyTo($pinned)),
];
foreach ($own as $way => $rate) {
    note("pinned memory, $way", number_format($rate, 2) . ' GB/s, one copy at a time');
}
if ($kind === 'cuda' && !$isSimulated && class_exists(\FFI::class)) {
    $cuda = \FFI::cdef('
        int cuStreamCreate(void **, unsigned);
        int cuStreamSynchronize(void *);
        int cuMemcpyHtoDAsync_v2(unsigned long long, void *, size_t, void *);
        int cuMemcpyDtoHAsync_v2(void *, unsigned long long, size_t, void *);
        int cuDevicePrimaryCtxRetain(void **, int);
        int cuCtxSetCurrent(void *);
    ', 'libcuda.so.1');
    $context = $cuda->new('void *');
    $stream = $cuda->new('void *');
    $cuda->cuDevicePrimaryCtxRetain(\FFI::addr($context), (int) $ordinal);
    $cuda->cuCtxSetCurrent($context);
    $cuda->cuStreamCreate(\FFI::addr($stream), 1);
    $host = $cuda->cast('void *', $pinned->address());
    $bare = [
        'up' => rate($length, 16, static function () use ($cuda, $memory, $host, $length, $stream): void {
            $cuda->cuMemcpyHtoDAsync_v2($memory->address(), $host, $length, $stream);
            $cuda->cuStreamSynchronize($stream);
        }),
        'down' => rate($length, 16, static function () use ($cuda, $memory, $host, $length, $stream): void {
            $cuda->cuMemcpyDtoHAsync_v2($host, $memory->address(), $length, $stream);
            $cuda->cuStreamSynchronize($stream);
        }),
    ];
    foreach ($bare as $way => $rate) {
        check("pinned memory, $way, of what a bare call reaches", $own[$way] / $rate, 0.9, '', atLeast: true);
    }
}
$model = getenv('TUSK_MODEL');
if ($model) {
    echo "\n## $model\n\n";
    $session = new Session($model, ['device' => $place, 'outputs' => 'device']);
    $inputs = [];
    foreach ($session->inputs() as $name => ['dtype' => $dtype, 'shape' => $shape]) {
        $lengths = array_map(static fn ($length) => is_int($length) ? $length : 1, $shape);
        $inputs[$name] = Tensor::zeros($lengths, $dtype)->toDevice($device);
    }
    $session->run($inputs);
    note('a run, inputs and outputs on the device', number_format(best_of(['it' => static function (int $n) use ($session, $inputs): void {
        while ($n-- > 0) {
            $session->run($inputs);
        }
    }], 100)['it'] / 1000, 1) . ' µs');
}
