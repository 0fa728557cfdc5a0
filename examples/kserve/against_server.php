<?php
/**
 * Asks the model `add` of a real server in every way there is; prints one line for each.
 * `php against_server.php grpc://127.0.0.1:18081/add http://127.0.0.1:18080/v2/models/add`
 * docs/inference.md has the steps.
 */

declare(strict_types=1);

use Tusk\Infer\{Batcher, Remote};
use function Tusk\go;

$failed = 0;

function line(string $what, callable $right): void
{
    global $failed;
    try {
        $said = $right();
    } catch (Throwable $thrown) {
        $said = $thrown::class . ': ' . $thrown->getMessage();
    }
    $failed += $said === true ? 0 : 1;
    echo $said === true ? "ok   $what" : "FAIL $what: " . json_encode($said), "\n";
}

foreach (array_slice($argv, 1) as $url) {
    $model = new Remote($url, ['connectTimeout' => 2]);
    echo "$url: ", json_encode($model->server(5.0)), "\n";
    line('health', fn () => $model->live() && $model->ready() && $model->modelReady());
    line('inputs', fn () => in_array($model->inputs(), [[], array_fill_keys(['a', 'b'], ['dtype' => 'f32', 'shape' => [null, 2]])], true));
    line('run', fn () => $model->run(['a' => [[1.5, 2.0]], 'b' => [[10.0, 20.0]]])['sum']->toArray() === [[11.5, 22.0]]);
    line('a hundred at once', function () use ($model): bool {
        $all = array_map(fn ($i) => go(fn () => $model->run(['a' => [[$i, 0.0]], 'b' => [[1.0, 0.0]]])['sum']->toArray()[0][0]), range(1, 100));
        return array_map(fn ($one) => $one->join(), $all) == range(2, 101);
    });
    line('batched', function () use ($model): bool {
        $batcher = new Batcher($model, maxBatch: 8, maxDelay: 0.01);
        $all = array_map(fn ($i) => go(fn () => $batcher->infer(['a' => [[$i, 0.0]], 'b' => [[1.0, 0.0]]])['sum']->toArray()[0][0]), range(1, 24));
        return array_map(fn ($one) => $one->join(), $all) == range(2, 25) && $batcher->stats()['sizes'] === [8 => 3];
    });
    line('a failure', function () use ($model): bool {
        try {
            $model->run(['a' => [[1.0, 2.0]]]);
        } catch (\Tusk\RemoteException) {
            return true;
        }
        return false;
    });
    line('no such model', function () use ($url): bool {
        try {
            return !(new Remote(dirname($url) . '/nothing'))->modelReady();
        } catch (\Tusk\RemoteException) {
            return true;
        }
    });
}
exit($failed ? 1 : 0);
