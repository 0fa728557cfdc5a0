<?php
/** Signals all the time while each kind of call waits that plain PHP goes on with. */

declare(strict_types=1);

namespace Tusk\Tests\Faults;

require_once __DIR__ . '/../harness/faults.php';

$calls = require __DIR__ . '/../harness/calls.php';
$rows = [];
foreach ($calls as $name => [$port, $call, $needs]) {
    if ($needs && !in_array('env:TUSK_HTTPS', $needs)) {
        $rows[] = interrupted($name, static fn (): mixed => array_map(static fn (): mixed => $call((int) $port), range(1, 20)), $needs);
    }
}
$shell = static fn (string $command): \Closure => static fn (): mixed => proc_open(['sh', '-c', $command], [], $pipes);

return [
    ...$rows,
    interrupted('fread of a socket', static function (array $pair): mixed {
        stream_set_timeout($pair[1], 0, 60_000);
        return [fread($pair[1], 10), stream_get_meta_data($pair[1])['timed_out']];
    }, setup: static fn (): array => stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0)),
    interrupted('fread of a socket', static function (array $pair): mixed {
        stream_set_timeout($pair[1], 0, 60_000);
        return [fread($pair[1], 10), stream_get_meta_data($pair[1])['timed_out']];
    }, setup: static fn (): array => stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0), restarts: false),
    interrupted('flock', static fn (array $held): mixed => flock($held[0], LOCK_EX), setup: static function (): array {
        $file = fopen('lock', 'w');
        $process = proc_open(['flock', 'lock', 'sh', '-c', 'echo up; sleep 0.2'], [1 => ['pipe', 'w']], $pipes);
        fgets($pipes[1]);
        return [$file, $process, $pipes];
    }, needs: ['command:flock']),
    interrupted('exec', static fn (): mixed => [exec('sleep 0.1; echo out; exit 3', $lines, $status), $lines, $status]),
    interrupted('shell_exec', static fn (): mixed => shell_exec('sleep 0.1; echo out')),
    interrupted('proc_close', static fn (): mixed => proc_close(proc_open(['sh', '-c', 'sleep 0.1; exit 4'], [], $pipes))),
    interrupted('popen, fgets, pclose', static fn (): mixed => [fgets($pipe = popen('sleep 0.1; echo out; exit 5', 'r')), pclose($pipe)]),
    interrupted('fopen of a FIFO', static fn (): mixed => fgets(fopen('fifo', 'r')), setup: static function () use ($shell): mixed {
        posix_mkfifo('fifo', 0600);
        return $shell('sleep 0.1; echo late > fifo')();
    }),
    interrupted('file_put_contents, file_get_contents', static fn (): mixed => [file_put_contents('file', str_repeat('x', 30_000_000)), md5(file_get_contents('file')), md5_file('file')]),
    interrupted('gethostbyname', static function (): mixed {
        $found = [];
        for ($until = hrtime(true) + 100_000_000; hrtime(true) < $until;) {
            $found[gethostbyname('localhost')] = true;
        }
        return $found;
    }),
    interrupted('time_sleep_until', static fn (): mixed => [microtime(true) <= ($until = microtime(true) + 0.05), time_sleep_until($until), microtime(true) >= $until]),
];
