<?php
/** More calls at once than there are threads for them: they wait, and none fails. */

declare(strict_types=1);

namespace Tusk\Tests\Faults;

require_once __DIR__ . '/../harness/faults.php';

$file = static function (): mixed {
    file_put_contents('file', str_repeat('text', 5000));
    return null;
};

return [
    crowd('file_get_contents', static fn (): mixed => md5(file_get_contents('file')), 400, setup: $file),
    crowd('stat, file_exists, is_dir', static function (): mixed {
        clearstatcache();
        return [filesize('file'), file_exists('no such file'), is_dir('.')];
    }, 400, setup: $file),
    crowd('file_put_contents, rename, unlink', static fn (mixed $context, int $n): mixed => [file_put_contents("f$n", 'text'), rename("f$n", "g$n"), file_get_contents("g$n"), unlink("g$n")], 200),
    crowd('scandir, glob, md5_file', static fn (): mixed => [scandir('.'), glob('*'), md5_file('file')], 200, setup: $file),
    crowd('gethostbyname', static fn (): mixed => gethostbyname('localhost'), 200),
    crowd('gethostbyname of a name that is not there', static fn (): mixed => gethostbyname('no.such.host.invalid'), 100),
    crowd('fopen of a missing file', static fn (): mixed => @fopen('no such file', 'r'), 200),
    crowd('exec', static fn (): mixed => [exec('echo out', $lines, $status), $lines, $status], 40),
    crowd('flock', static fn (): mixed => flock($file = fopen('file', 'r'), LOCK_EX), 200, setup: $file),
    crowd('fopen of a FIFO', static fn (mixed $context, int $n): mixed => fgets(fopen("fifo$n", 'r')), 80, setup: static function (): mixed {
        for ($n = 0; $n < 80; $n++) {
            posix_mkfifo("fifo$n", 0600);
        }
        // From the last to the first: those that came early wait for those behind them. The writers
        // are processes each, so that plain PHP, which opens them in turn, comes through as well.
        return proc_open(['sh', '-c', 'sleep 0.1; n=79; while [ $n -ge 0 ]; do (echo late > fifo$n) & n=$((n - 1)); done; wait'], [], $pipes);
    }, needs: ['extension:posix']),
];
