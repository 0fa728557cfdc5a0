<?php
/**
 * Files that are in memory: what hooks cost beside plain PHP.
 *
 * Three processes take turns: PHP without Tusk, with Tusk and no second coroutine, and with
 * a second coroutine (every hook is on). Each measures itself; a figure is the best of its
 * rounds.
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/lib/measure.php';

const ROUNDS = 9;

/** name => [calls a round, PHP code of one call] */
const CALLS = [
    'fopen, fread of 4 KiB, fclose' => [20_000, '$f = fopen($path, "r"); fread($f, 4096); fclose($f);'],
    'file_get_contents of 4 KiB' => [20_000, 'file_get_contents($path);'],
    'file_exists' => [40_000, 'file_exists($path);'],
    'fseek, fread of 4 KiB' => [40_000, 'fseek($open, ($i & 255) << 12); fread($open, 4096);'],
];

if (($argv[1] ?? '') === 'measure') {
    [, , $folder, $second] = $argv;
    $path = "$folder/small";
    $open = fopen("$folder/large", 'r');
    if ($second === 'yes') {
        \Tusk\go(static fn () => \Tusk\sleep(3600));
    }
    $took = [];
    foreach (CALLS as $name => [$count, $code]) {
        $body = eval("return static function (int \$n) use (\$path, \$open): void { for (\$i = 0; \$i < \$n; \$i++) { $code } };");
        $body(1000);
        $begun = hrtime(true);
        $body($count);
        $took[$name] = (hrtime(true) - $begun) / $count;
    }
    fwrite(STDOUT, json_encode($took));
    exit;
}

$folder = sys_get_temp_dir() . '/tusk-bench-' . getmypid();
mkdir($folder);
file_put_contents("$folder/small", str_repeat('x', 4096));
file_put_contents("$folder/large", str_repeat('x', 1 << 20));
preg_match('/extension=(\S+)/', implode(' ', array_map(static fn (string $part): string => str_replace("\0", ' ', $part), [file_get_contents('/proc/self/cmdline')])), $found);
$plain = [PHP_BINARY, '-d', 'opcache.enable_cli=0', __FILE__, 'measure', $folder];
$tusk = [PHP_BINARY, '-d', "extension=$found[1]", '-d', 'opcache.enable_cli=0', __FILE__, 'measure', $folder];
$kinds = ['plain' => [...$plain, 'no'], 'alone' => [...$tusk, 'no'], 'beside' => [...$tusk, 'yes']];
$best = [];
for ($round = 0; $round < ROUNDS; $round++) {
    foreach ($kinds as $kind => $command) {
        foreach (json_decode(shell_exec(implode(' ', array_map(escapeshellarg(...), $command))), true) as $name => $ns) {
            $best[$name][$kind] = min($best[$name][$kind] ?? INF, $ns);
        }
    }
}
foreach (['small', 'large'] as $file) {
    unlink("$folder/$file");
}
rmdir($folder);
const BOUNDS = ['fopen, fread of 4 KiB, fclose' => 0.95, 'file_get_contents of 4 KiB' => 0.95, 'file_exists' => 0.9, 'fseek, fread of 4 KiB' => 0.9];
foreach ($best as $name => $ns) {
    note($name, sprintf('plain PHP %.0f ns, with Tusk %.0f ns, beside a coroutine %.0f ns', $ns['plain'], $ns['alone'], $ns['beside']));
    check("$name, beside a coroutine, as a part of plain PHP's rate", $ns['plain'] / $ns['beside'], BOUNDS[$name], atLeast: true);
    check("$name, no second coroutine: more than plain PHP, in ns", max(0.0, $ns['alone'] - $ns['plain']), max(15.0, $ns['plain'] * 0.02));
}
