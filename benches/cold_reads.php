<?php
/**
 * Random reads of 4 KiB that are not in memory, 64 at a time: coroutines that call fseek()
 * and fread(), against a reader in C on io_uring. Both take turns on the same file, of
 * which everything cached is forgotten before each round.
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/lib/measure.php';

const FILE_MIB = 512;
const READS = 16_384;
const DEPTH = 64;
const ROUNDS = 5;

$folder = sys_get_temp_dir() . '/tusk-bench-' . getmypid();
mkdir($folder);
$path = "$folder/file";
$reader = "$folder/reader";
register_shutdown_function(static function () use ($folder, $path, $reader): void {
    @unlink($path);
    @unlink($reader);
    @rmdir($folder);
});
exec('cc -O2 -o ' . escapeshellarg($reader) . ' ' . escapeshellarg(__DIR__ . '/cold_reads/reader.c') . ' 2>&1', $said, $status);
$status === 0 || exit(implode("\n", $said) . "\nthe anchor in C does not compile\n");
$file = fopen($path, 'w');
for ($i = 0; $i < FILE_MIB; $i++) {
    fwrite($file, random_bytes(1 << 20));
}
fsync($file);
fclose($file);

function drop(string $reader, string $path): void
{
    shell_exec("$reader drop $path");
}

function by_coroutines(string $path): float
{
    $left = READS;
    $begun = hrtime(true);
    for ($i = 0; $i < DEPTH; $i++) {
        $all[] = \Tusk\go(static function () use ($path, &$left): void {
            $file = fopen($path, 'r');
            stream_set_read_buffer($file, 0);
            while ($left-- > 0) {
                fseek($file, mt_rand(0, FILE_MIB * 256 - 1) << 12);
                strlen(fread($file, 4096)) === 4096 || exit("a read was short\n");
            }
        });
    }
    foreach ($all as $one) {
        $one->join();
    }
    return READS / (hrtime(true) - $begun) * 1e9;
}

$best = ['c' => 0.0, 'tusk' => 0.0];
for ($round = 0; $round < ROUNDS; $round++) {
    drop($reader, $path);
    $best['c'] = max($best['c'], (float) shell_exec("$reader read $path " . READS . ' ' . DEPTH));
    drop($reader, $path);
    $best['tusk'] = max($best['tusk'], by_coroutines($path));
}
note('reads a second', sprintf('%.0f in C, %.0f by coroutines', $best['c'], $best['tusk']));
check('coroutines, as a part of C', $best['tusk'] / $best['c'], 0.95, atLeast: true);
