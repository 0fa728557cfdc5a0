<?php
/** The dynamic batcher, with an executor that does nothing. */

declare(strict_types=1);

namespace Bench;

use Tusk\Infer\Batcher;

require __DIR__ . '/lib/measure.php';

$nothing = static fn (array $list): array => $list;

/** Microseconds, sorted. */
function after(int $times, float $delay, callable $wait): array
{
    $late = [];
    for ($i = 0; $i < $times; $i++) {
        $began = hrtime(true);
        $wait();
        $late[] = (hrtime(true) - $began) / 1e3 - $delay * 1e6;
    }
    sort($late);
    return $late;
}

echo "## One item alone\n\n";
$delay = 0.002;
$batcher = new Batcher($nothing, maxDelay: $delay);
after(50, $delay, static fn () => $batcher->infer([1]));
$item = after(500, $delay, static fn () => $batcher->infer([1]));
$sleep = after(500, $delay, static fn () => \Tusk\sleep($delay));
note('an item is answered after its delay', sprintf('%.1f µs (median), %.1f µs (90 of 100)', $item[250], $item[450]));
note('Tusk\sleep() of the same time ends', sprintf('%.1f µs late (median)', $sleep[250]));
check('answered after its timer fired', $item[250] - $sleep[250], 30, 'µs');

echo "\n## A thousand at once\n\n";
$batcher = new Batcher($nothing, maxBatch: 32);
$all = [];
for ($i = 0; $i < 1000; $i++) {
    $all[] = \Tusk\go(static fn () => $batcher->infer([$i]));
}
foreach ($all as $one) {
    $one->join();
}
check('batches of at most 32', $batcher->stats()['batches'], 33.6, 'batches');

echo "\n## 256 in flight\n\n";
$each = 800;
$run = static function () use ($nothing, $each): array {
    $batcher = new Batcher($nothing, maxBatch: 32);
    $began = hrtime(true);
    $all = [];
    for ($i = 0; $i < 256; $i++) {
        $all[] = \Tusk\go(static function () use ($batcher, $each): void {
            $inputs = ['x' => 1];
            for ($n = 0; $n < $each; $n++) {
                $batcher->infer($inputs);
            }
        });
    }
    foreach ($all as $one) {
        $one->join();
    }
    return [(hrtime(true) - $began) / 1e3 / (256 * $each), $batcher->stats()];
};
$best = min(array_map(static fn () => $run()[0], range(1, 5)));
check('an item, with its share of the executor\'s call', $best, 3, 'µs');
[, $stats] = $run();
note('items a batch', sprintf('%.1f', $stats['items'] / $stats['batches']));
