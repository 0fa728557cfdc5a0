<?php
/**
 * The fault sweep: rows of the matrix whose call is made to fail. Each row is made once by plain
 * PHP and once in a coroutine beside another, in processes of their own, and result, warnings,
 * output and error numbers have to be equal; what the result holds besides is said at each fault.
 *
 * A fault is a function from a call to a Row. A call is fn (mixed $context): mixed, as in the
 * matrix; for faults of a connection it is fn (int $port): mixed. The matrix judges the time that
 * the loop stands still; this does not, so that these tests may run beside others.
 */

declare(strict_types=1);

namespace Tusk\Tests\Faults;

use Tusk\Tests\Matrix\Row;

use function Tusk\Tests\Matrix\differences;
use function Tusk\Tests\Matrix\rows;
use function Tusk\Tests\Matrix\run_one;
use function Tusk\Tests\plain_php;
use function Tusk\Tests\php_with_tusk;

require_once __DIR__ . '/../../matrix/harness/run.php';

/** Where a reset meets a write is not ours to say: plain PHP itself differs from one try to the next. */
const TRIES = 8;
/** The descriptors of a process that is to run out of them. */
const DESCRIPTORS = 64;
/** Seconds for one row's process on a busy machine. */
const LIMIT = 30.0;

/** Prints what differs, which rows were not run, and how many there were. */
function run_faults(string $file): void
{
    $count = 0;
    foreach (rows($file) as $index => $row) {
        $count++;
        $missing = $row->missing();
        if ($missing !== null) {
            echo "skipped: $row->call: $missing\n";
            continue;
        }
        foreach (problems($file, $index, $row) as $problem) {
            echo "$row->call: $problem\n";
        }
    }
    echo $count, " rows\n";
}

/** @return list<string> none when an outcome in a coroutine is one that plain PHP has, too */
function problems(string $file, int $index, Row $row): array
{
    [$plain, $tusk] = [[], []];
    for ($try = 1; $try <= TRIES; $try++) {
        $plain[] = $of_plain = run_one(plain_php(), $file, $index, $row);
        if (is_string($of_plain)) {
            return ["plain PHP $of_plain"];
        }
        $tusk[] = $of_tusk = run_one(php_with_tusk(), $file, $index, $row);
        if (is_string($of_tusk)) {
            return ["in a coroutine it $of_tusk"];
        }
        foreach ($plain as $one) {
            foreach ($tusk as $other) {
                $different = differences(steady($one['outcome']), steady($other['outcome']));
                if ($different === []) {
                    return [];
                }
            }
        }
    }
    return $different;
}

/** Without ports and times; and whether a write met the reset itself or its trace is one and the same. */
function steady(mixed $value): mixed
{
    if (is_array($value)) {
        return array_map(steady(...), $value);
    }
    return is_string($value) ? preg_replace(
        ['/(127\.0\.0\.1|localhost)(:|, | port |", port )\d+/', '/after \d+ ms/', '/of \d+ bytes failed/', '/(errno=)?(32 Broken pipe|104 Connection reset by peer)/', '/PID=\d+/'],
        ['$1$2{port}', 'after {n} ms', 'of {n} bytes failed', '{gone}', 'PID={n}'],
        $value,
    ) : $value;
}

/** What comes of a call, as a value. */
function result(\Closure $call): mixed
{
    try {
        return $call();
    } catch (\Throwable $thrown) {
        return [$thrown::class, $thrown->getMessage(), $thrown->getCode()];
    }
}

function open_descriptors(): int
{
    return count(scandir('/proc/self/fd'));
}

/**
 * All descriptors but $spare are taken. The result: what came of the call; what comes of it when
 * descriptors are free again; how many of them the two left open.
 */
function few_descriptors(string $call, \Closure $run, int $spare, array $needs = [], ?\Closure $setup = null, array $ini = []): Row
{
    return new Row("$call, $spare descriptors left", 'fault', static function (mixed $context) use ($run, $spare): array {
        // What a process opens once and keeps, it has by now.
        result(static fn (): mixed => $run($context));
        $before = open_descriptors();
        for ($held = []; ($one = @fopen('/dev/null', 'r')) !== false; $held[] = $one) {
            // Until there are none.
        }
        for ($i = 0; $i < $spare; $i++) {
            array_pop($held);
        }
        $failed = result(static fn (): mixed => $run($context));
        $held = $one = null;
        return [$failed, result(static fn (): mixed => $run($context)), open_descriptors() - $before];
    }, setup: static function (string $folder) use ($setup): mixed {
        $context = $setup ? $setup($folder) : null;
        exec('prlimit --nofile=' . DESCRIPTORS . ':' . DESCRIPTORS . ' --pid ' . getmypid());
        return $context;
    }, needs: ['command:prlimit', ...$needs], ini: $ini, limit: LIMIT);
}

/** The call goes through harness/proxy.php. Twice, so that what the first try left behind shows. */
function through_proxy(string $call, \Closure $run, string $server, string $fault, int $bytes, array $needs = [], array $ini = []): Row
{
    return new Row("$call, $fault $bytes", 'fault', static function (array $proxy) use ($run): array {
        $before = open_descriptors();
        $results = [result(static fn (): mixed => $run($proxy['port'])), result(static fn (): mixed => $run($proxy['port']))];
        gc_collect_cycles();
        return [...$results, open_descriptors() - $before];
    }, setup: static function () use ($server, $fault, $bytes): array {
        $command = [PHP_BINARY, __DIR__ . '/proxy.php', $server, $fault, (string) $bytes];
        $process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], ['file', '/dev/null', 'w']], $pipes);
        return ['process' => $process, 'pipes' => $pipes, 'port' => (int) fgets($pipes[1])];
    }, teardown: static function (array $proxy): void {
        fclose($proxy['pipes'][0]);
        proc_close($proxy['process']);
    }, needs: ['extension:sockets', ...$needs], ini: $ini, limit: LIMIT);
}

/**
 * The call is made $count times: in a coroutine each where there are coroutines, in turn in plain
 * PHP. The result: how often which result came.
 */
function crowd(string $call, \Closure $run, int $count, array $needs = [], ?\Closure $setup = null, ?\Closure $teardown = null): Row
{
    return new Row("$call, $count at once", 'fault', static function (mixed $context) use ($run, $count): array {
        $one = static fn (int $n): string => var_export(result(static fn (): mixed => $run($context, $n)), true);
        if (extension_loaded('tusk')) {
            for ($coroutines = [], $n = 0; $n < $count; $n++) {
                $coroutines[] = \Tusk\go(static fn (): string => $one($n));
            }
            $results = array_map(static fn (\Tusk\Coroutine $coroutine): string => $coroutine->join(), $coroutines);
        } else {
            $results = array_map($one, range(0, $count - 1));
        }
        $times = array_count_values($results);
        ksort($times);
        return $times;
    }, setup: $setup, teardown: $teardown, needs: $needs, limit: LIMIT);
}

/**
 * The process forks while the call waits. The child makes the same call and writes down what came
 * of it. The result: what came of the parent's and the child's call, and how the child ended.
 */
function forked(string $call, \Closure $run, array $needs = [], ?\Closure $setup = null): Row
{
    return new Row("$call, while the process forks", 'fault', static function (array $context) use ($run): array {
        [$own, $folder] = $context;
        $one = static fn (): mixed => result(static fn (): mixed => $run($own, $folder));
        if (extension_loaded('tusk')) {
            $operation = \Tusk\go($one);
            \Tusk\sleep(0.02);
        } else {
            $result = $one();
        }
        $child = pcntl_fork();
        if ($child === 0) {
            file_put_contents("$folder/child", var_export($one(), true));
            // Nothing of the parent's is to be taken down here: its connections are shared with it.
            posix_kill(getmypid(), SIGKILL);
        }
        $result = isset($operation) ? $operation->join() : $result;
        pcntl_waitpid($child, $status);
        return [$result, file_get_contents("$folder/child"), $status];
    }, setup: static fn (string $folder): array => [$setup ? $setup($folder) : null, $folder], needs: ['extension:pcntl', 'extension:posix', ...$needs], limit: LIMIT);
}
