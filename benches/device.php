<?php
/**
 * Tensors over strings, and buffers from the cache. The device is simulated where
 * TUSK_CUDA_LIBRARY names a simulated driver: then the figure is Tusk's own part alone.
 */

declare(strict_types=1);

use Tusk\Device\{Device, Tensor};

function resident(): int
{
    preg_match('/VmRSS:\s+(\d+)/', file_get_contents('/proc/self/status'), $found);
    return (int) $found[1];
}

/** The best of five rounds, in microseconds a call. */
function best(int $calls, Closure $body): float
{
    $best = INF;
    for ($round = 0; $round < 5; $round++) {
        $start = hrtime(true);
        $body($calls);
        $best = min($best, (hrtime(true) - $start) / $calls / 1000);
    }
    return $best;
}

$failed = false;
function row(string $what, float $value, float $bound, string $unit): void
{
    global $failed;
    $failed = $failed || $value > $bound;
    printf("%-52s %8.2f %s (bound %g) %s\n", $what, $value, $unit, $bound, $value > $bound ? 'FAIL' : 'ok');
}

$string = random_bytes(64 << 20);
// The code is paged in before, by a call on something small.
Tensor::fromString('abcd', 'f32', [1])->toString();
resident();
$before = resident();
$back = Tensor::fromString($string, 'f32', [16, 1 << 20])->toString();
row('64 MiB string to tensor and back: memory', resident() - $before, 512, 'KiB');
$back === $string || throw new Exception('the bytes differ');
row('64 MiB string to tensor and back: time', best(100_000, static function (int $n) use ($string): void {
    while ($n-- > 0) {
        Tensor::fromString($string, 'f32', [16, 1 << 20])->toString();
    }
}), 2, 'us');
foreach (getenv('TUSK_CUDA_LIBRARY') ? ['host', 'cuda'] : ['host'] as $kind) {
    $device = Device::$kind();
    $device->allocate(1 << 20);
    row("$kind: allocate and free 1 MiB from the cache", best(100_000, static function (int $n) use ($device): void {
        while ($n-- > 0) {
            $device->allocate(1 << 20);
        }
    }), 2, 'us');
}
exit($failed ? 1 : 0);
