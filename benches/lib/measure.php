<?php
/**
 * Measuring in one process, and saying what came out.
 *
 * Both sides of a comparison run in the same process or side by side in the same run, in
 * turns; a figure is the best of its rounds, because everything that disturbs a
 * measurement makes it longer. Absolute figures differ between machines; ratios hold.
 */

declare(strict_types=1);

namespace Bench;

require_once __DIR__ . '/../../php/autoload.php';

/**
 * Nanoseconds for each of n repetitions, the best of some rounds; the bodies take turns.
 *
 * @param array<string, callable(int): void> $bodies
 * @return array<string, float>
 */
function best_of(array $bodies, int $n, int $rounds = 7): array
{
    foreach ($bodies as $body) {
        $body((int) ceil($n / 10));
    }
    $best = array_fill_keys(array_keys($bodies), INF);
    for ($round = 0; $round < $rounds; $round++) {
        foreach ($bodies as $name => $body) {
            $begun = hrtime(true);
            $body($n);
            $best[$name] = min($best[$name], (hrtime(true) - $begun) / $n);
        }
    }
    return $best;
}

/** CPU time of this process so far, user and system, in ns. */
function cpu_ns(): int
{
    $usage = getrusage();
    return ($usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']) * 1_000_000_000
        + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) * 1_000;
}

function median(array $values): float
{
    sort($values);
    $middle = intdiv(count($values), 2);
    return count($values) % 2 ? $values[$middle] : ($values[$middle - 1] + $values[$middle]) / 2;
}

/** Resident memory of a process in KiB, counted by the kernel page by page. */
function resident_kib(string $pid = 'self'): int
{
    preg_match('/^Rss:\s+(\d+)/m', file_get_contents("/proc/$pid/smaps_rollup"), $found);
    return (int) $found[1];
}

/** A value of /proc/<pid>/status in KiB, such as VmPTE. */
function status_kib(string $name, string $pid = 'self'): int
{
    preg_match("/^$name:\\s+(\\d+)/m", file_get_contents("/proc/$pid/status"), $found);
    return (int) $found[1];
}

/** Memory mappings of this process; each protected stack may need some. */
function mappings(): int
{
    return substr_count(file_get_contents('/proc/self/maps'), "\n");
}

/** The most milliseconds that a timer of 2 ms was late while $work ran in this coroutine. */
function latest_tick(callable $work): float
{
    $longest = 0.0;
    $running = true;
    $ticker = \Tusk\go(static function () use (&$longest, &$running): void {
        while ($running) {
            $began = hrtime(true);
            \Tusk\sleep(0.002);
            $longest = max($longest, (hrtime(true) - $began) / 1e6 - 2);
        }
    });
    $work();
    $running = false;
    $ticker->join();
    return $longest;
}

/** A figure that has no bound. */
function note(string $what, string $figure): void
{
    echo "- $what: $figure\n";
}

/** A figure that must not be above (or, with $atLeast, below) a bound; says which it is. */
function check(string $what, float $value, float $bound, string $unit = '', bool $atLeast = false, ?float $aim = null): void
{
    $good = static fn (float $limit): bool => $atLeast ? $value >= $limit : $value <= $limit;
    $sign = $atLeast ? '≥' : '≤';
    $show = static fn (float $number): string => number_format($number, abs($number) < 10 ? 3 : (abs($number) < 1000 ? 1 : 0), '.', ',') . ($unit === '' ? '' : " $unit");
    $aimed = $aim === null ? '' : ', aim ' . $show($aim) . ($good($aim) ? ' reached' : ' not reached');
    echo $good($bound) ? '- holds' : '- FAILS', ": $what: **", $show($value), "** ($sign ", $show($bound), "$aimed)\n";
}
