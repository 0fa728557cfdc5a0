<?php
/**
 * Runs the rows of an area: each once in plain PHP and up to three times in a coroutine.
 *
 * Plain PHP is a process without Tusk, not this process before go(): where Tusk is loaded
 * its function handlers and stream operations are in place, and a handler that is wrong
 * whenever it is reached would be wrong on both sides. Each row has processes of its own, so
 * that no row sees what another left behind.
 */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

use function Tusk\Tests\plain_php;
use function Tusk\Tests\php_with_tusk;

require_once __DIR__ . '/row.php';
require_once __DIR__ . '/../../include/process.inc';

/** The longest the ticker may stand still, in seconds. */
const MOST_GAP = 0.010;
/** Tries whose best counts: a page fault or an interrupt can take longer than a call. */
const TRIES = 3;

/**
 * Prints what is wrong with the rows of a file, and writes results for the page. $together: plain PHP's process
 * and the other run at the same time. For rows that share nothing outside their folders and mostly wait.
 */
function run_area(string $file, bool $together = false): void
{
    $report = [];
    foreach (rows($file) as $index => $row) {
        $missing = $row->missing();
        $problems = $missing === null ? problems($file, $index, $row, $together) : [];
        if ($missing !== null) {
            echo "skipped: $row->call: $missing\n";
        }
        foreach ($problems as $problem) {
            echo "$row->call: $problem\n";
        }
        $gap = $missing !== null ? 'not run: ' . $missing : (isset($problems['gap']) ? 'no' : 'yes');
        $equal = $missing !== null ? 'not run' : (array_diff_key($problems, ['gap' => 1]) ? 'no' : 'yes');
        $report[] = implode("\t", [$row->call, $row->layer, $row->waits > 0 ? 'yes' : 'no', $row->compared, $equal, $gap, $row->remark]);
    }
    write_report(basename($file, '.php'), $report);
    echo count($report), " rows\n";
}

/** For `cargo xtask hooks-page`, which names the driver. */
function write_report(string $area, array $lines): void
{
    $folder = sys_get_temp_dir() . '/matrix';
    @mkdir($folder);
    file_put_contents("$folder/$area." . (getenv('TUSK_DRIVER') ?: 'auto') . '.tsv', implode("\n", $lines) . "\n");
}

/**
 * @return array<int|string, string> what is wrong; "gap" is the key of a ticker that stood still
 */
function problems(string $file, int $index, Row $row, bool $together = false): array
{
    $with_tusk = static fn (): \Closure => begin_one(php_with_tusk(), $file, $index, $row);
    $begun = $together ? $with_tusk() : null;
    for ($try = 1; ; $try++) {
        $plain = run_one(plain_php(), $file, $index, $row);
        if (is_string($plain) || $plain['seconds'] >= $row->waits * 0.9) {
            break;
        }
        if ($try === TRIES) {
            $plain = sprintf('did not wait: %.1f ms', $plain['seconds'] * 1e3);
            break;
        }
    }
    $best = INF;
    for ($try = 1; $try <= TRIES && $best > MOST_GAP; $try++) {
        // What was begun is also ended where plain PHP has failed.
        $tusk = ($begun ?? $with_tusk())();
        $begun = null;
        if (is_string($plain)) {
            return ["plain PHP $plain"];
        }
        if (is_string($tusk)) {
            return ["in a coroutine it $tusk"];
        }
        if ($different = differences($plain['outcome'], $tusk['outcome'])) {
            return $different;
        }
        $best = min($best, $tusk['gap']);
    }
    return $best > MOST_GAP ? ['gap' => sprintf('the ticker stood still for %.1f ms', $best * 1e3)] : [];
}

/** @return list<string> */
function differences(array $plain, array $tusk): array
{
    $different = [];
    foreach ($plain as $what => $value) {
        $other = $tusk[$what] ?? null;
        if ($value !== $other) {
            $show = static fn (mixed $value): string => is_string($value) ? $value : json_encode($value, JSON_UNESCAPED_SLASHES);
            $different[] = "$what differs: plain PHP {$show($value)}; in a coroutine {$show($other)}";
        }
    }
    return $different;
}

/**
 * Starts a row's process.
 *
 * @param list<string> $php
 * @return \Closure(): (array{outcome: array, seconds: float, gap: float}|string) waits for its end; a string says
 *     what went wrong
 */
function begin_one(array $php, string $file, int $index, Row $row): \Closure
{
    $folder = \Tusk\Tests\temporary_folder();
    $command = [...$row->under, ...$php];
    $settings = ['display_errors' => 'stderr', 'error_reporting' => E_ALL, 'memory_limit' => '1G', 'error_log' => "$folder.log"];
    foreach ($row->ini + $settings as $name => $value) {
        array_push($command, '-d', "$name=$value");
    }
    array_push($command, __DIR__ . '/one.php', $file, (string) $index, $folder);
    $feeder = null;
    $stdin = ['file', '/dev/null', 'r'];
    if ($row->stdin !== null) {
        $wait = 'until [ -e ' . escapeshellarg("$folder.ready") . ' ]; do sleep 0.005; done; ';
        $feeder = proc_open(['sh', '-c', $wait . $row->stdin], [['file', '/dev/null', 'r'], ['pipe', 'w']], $fed);
        $stdin = $fed[1];
    }
    $output = ['file', "$folder.output", 'w'];
    $process = proc_open($command, [$stdin, $output, $output], $pipes);
    if ($feeder) {
        fclose($fed[1]);
    }
    return static function () use ($process, $feeder, $folder, $row): array|string {
        $end = wait_for($process, $row->limit);
        if ($feeder) {
            proc_terminate($feeder, SIGKILL);
            proc_close($feeder);
        }
        $said = trim(file_get_contents("$folder.output"));
        $outcome = @file_get_contents("$folder.outcome");
        remove($folder, "$folder.ready", "$folder.output", "$folder.outcome", "$folder.log");
        if ($end !== null) {
            return $end . ($said === '' ? '' : ": $said");
        }
        if ($outcome === false) {
            return 'ended without a result' . ($said === '' ? '' : ": $said");
        }
        return json_decode($outcome, true, flags: JSON_THROW_ON_ERROR);
    };
}

/**
 * @param list<string> $php
 * @return array{outcome: array, seconds: float, gap: float}|string
 */
function run_one(array $php, string $file, int $index, Row $row): array|string
{
    return begin_one($php, $file, $index, $row)();
}

/** @param resource $process */
function wait_for($process, float $limit): ?string
{
    $deadline = hrtime(true) + (int) ($limit * 1e9);
    while (($status = proc_get_status($process))['running']) {
        if (hrtime(true) > $deadline) {
            proc_terminate($process, SIGKILL);
            proc_close($process);
            return "did not return within $limit s";
        }
        usleep(3_000);
    }
    proc_close($process);
    return $status['signaled'] ? "was ended by signal {$status['termsig']}" : null;
}

function remove(string ...$paths): void
{
    foreach ($paths as $path) {
        if (is_dir($path) && !is_link($path)) {
            remove(...array_map(static fn (string $name): string => "$path/$name", array_diff(scandir($path), ['.', '..'])));
            rmdir($path);
        } elseif (file_exists($path) || is_link($path)) {
            unlink($path);
        }
    }
}
