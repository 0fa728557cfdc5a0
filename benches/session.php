<?php
/** Models on ONNX Runtime: silero-vad alone and in batches, the loop beside eight sessions, and one run against Rust. */

declare(strict_types=1);

namespace Bench;

use Tusk\Device\Tensor;
use Tusk\Infer\{Batcher, Session};

require __DIR__ . '/lib/measure.php';

$data = getenv('XDG_DATA_HOME') ?: getenv('HOME') . '/.local/share';
$folders = [getenv('TUSK_PEERS') ?: "$data/tusk/peers", (string) getenv('TUSK_WHEELS')];
$models = array_map(fn ($folder) => "$folder/pypi/silero_vad/data/silero_vad.onnx", $folders);
$model = current(array_filter($models, 'is_file')) ?: $models[0];
if (!is_file($model)) {
    exit("SKIP: $model is not there (pip download silero-vad, unpacked)\n");
}
$session = new Session($model);
$inputs = static fn (): array => [
    'input' => Tensor::fromArray([array_fill(0, 576, 0.1)], 'f32'),
    'state' => Tensor::fromArray([[array_fill(0, 128, 0.0)], [array_fill(0, 128, 0.0)]], 'f32'),
    'sr' => Tensor::fromArray(16000, 'i64'),
];
try {
    $one = $inputs();
} catch (\TypeError) {
    $one = ['sr' => Tensor::fromArray([16000], 'i64')->reshape([])] + [
        'input' => Tensor::fromArray([array_fill(0, 576, 0.1)], 'f32'),
        'state' => Tensor::fromArray([[array_fill(0, 128, 0.0)], [array_fill(0, 128, 0.0)]], 'f32'),
    ];
}

echo "## silero-vad\n\n";
$axes = ['state' => 1, 'stateN' => 1, 'sr' => null];
/** Items a second of $coroutines that ask $each times. */
$rate = static function (int $batch, int $coroutines, int $each) use ($session, $axes, $one): float {
    $batcher = new Batcher($session, maxBatch: $batch, maxDelay: 0.002, axes: $axes);
    $began = hrtime(true);
    $all = [];
    for ($i = 0; $i < $coroutines; $i++) {
        $all[] = \Tusk\go(static function () use ($batcher, $one, $each): void {
            for ($n = 0; $n < $each; $n++) {
                $batcher->infer($one);
            }
        });
    }
    foreach ($all as $coroutine) {
        $coroutine->join();
    }
    return $coroutines * $each / ((hrtime(true) - $began) / 1e9);
};
$rate(16, 64, 20);
$best = static fn (int $batch): float => max($rate($batch, 64, 40), $rate($batch, 64, 40), $rate($batch, 64, 40));
[$single, $batched] = [$best(1), $best(16)];
note('items a second, one a run', number_format($single));
check('times as many in batches of 16', $batched / $single, 1.8, '', atLeast: true);

echo "\n## The loop beside eight sessions\n\n";
$sessions = array_map(static fn (int $runs): Session => new Session($model, ['runs' => $runs]), range(1, 8));
$longest = latest_tick(static function () use ($sessions, $one): void {
    $all = array_map(static fn (Session $own) => \Tusk\go(static function () use ($own, $one): void {
        for ($n = 0; $n < 1000; $n++) {
            $own->run($one);
        }
    }), $sessions);
    foreach ($all as $coroutine) {
        $coroutine->join();
    }
});
check('a tick of 2 ms was late by at most', $longest, 10, 'ms');

echo "\n## One run, against the same model called from Rust\n\n";
require __DIR__ . '/../php-tests/include/onnx.inc';
$direct = dirname(getenv('TUSK_EXTENSION') ?: exit("TUSK_EXTENSION is not set: use bin/bench\n")) . '/examples/session_direct';
$file = \Tusk\Tests\onnx_add();
$own = new Session($file);
$ones = ['a' => Tensor::fromArray([[1.0]], 'f32'), 'b' => Tensor::fromArray([[1.0]], 'f32')];
/** Medians of runs in turns, the best round of each: Rust's thread, and a coroutine that waits for another thread. */
[$rust, $php] = [INF, INF];
for ($round = 0; $round < 5; $round++) {
    $said = trim((string) shell_exec(escapeshellarg($direct) . ' ' . escapeshellarg($file) . ' 5000'));
    is_numeric($said) || exit(1);
    $rust = min($rust, (float) $said);
    $took = [];
    for ($n = 0; $n < 5000; $n++) {
        $began = hrtime(true);
        $own->run($ones);
        $took[] = hrtime(true) - $began;
    }
    $php = min($php, median($took));
}
note('a run of an addition from Rust', number_format($rust / 1e3, 1) . ' µs');
check('a Session takes longer by', ($php - $rust) / 1e3, 20, 'µs');
