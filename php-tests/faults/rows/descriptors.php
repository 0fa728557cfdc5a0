<?php
/** The process has run out of descriptors, or has one, two or three left. */

declare(strict_types=1);

namespace Tusk\Tests\Faults;

require_once __DIR__ . '/../harness/faults.php';

$curl = static function (): array {
    curl_setopt_array($curl = curl_init(getenv('TUSK_HTTP') . '/bytes?n=10'), [CURLOPT_RETURNTRANSFER => true]);
    return [curl_exec($curl), curl_errno($curl)];
};
$calls = [
    'fopen' => [static fn (): mixed => fgets(fopen('/proc/self/comm', 'r')) !== '', [0]],
    'file_get_contents' => [static fn (): mixed => file_get_contents('/etc/hostname') !== false, [0]],
    'file_put_contents' => [static fn (): mixed => file_put_contents('file', 'text'), [0]],
    'copy' => [static fn (): mixed => [file_exists('/etc/passwd'), copy('/etc/passwd', 'copy')], [0, 1]],
    'scandir' => [static fn (): mixed => scandir('/proc/self/net') !== false, [0]],
    'tempnam' => [static fn (): mixed => is_string($name = tempnam('.', 'x')) && unlink($name), [0]],
    'tmpfile' => [static fn (): mixed => is_resource(tmpfile()), [0]],
    'include' => [static fn (): mixed => @include __DIR__ . '/nothing.php', [0]],
    'stream_socket_client' => [static fn (): mixed => [is_resource(stream_socket_client(str_replace('http', 'tcp', getenv('TUSK_HTTP')), $code, $error, 1)), $code, $error], [0]],
    'fsockopen' => [static fn (): mixed => [is_resource(fsockopen('127.0.0.1', parse_url(getenv('TUSK_HTTP'), PHP_URL_PORT), $code, $error, 1)), $code, $error], [0]],
    'stream_socket_server' => [static fn (): mixed => [is_resource(stream_socket_server('tcp://127.0.0.1:0', $code, $error)), $code, $error], [0]],
    'stream_socket_pair' => [static fn (): mixed => is_array(stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0)), [0, 1]],
    'socket_create' => [static fn (): mixed => [@socket_create(AF_INET, SOCK_STREAM, 0) instanceof \Socket, socket_last_error()], [0]],
    'http wrapper' => [static fn (): mixed => file_get_contents(getenv('TUSK_HTTP') . '/bytes?n=10'), [0]],
    'curl_exec' => [$curl, [0, 1, 2, 3]],
    'gethostbyname' => [static fn (): mixed => gethostbyname('localhost'), [0, 1]],
    'dns of a name that is not there' => [static fn (): mixed => gethostbyname('no.such.host.invalid'), [0, 1]],
    'proc_open' => [static function (): mixed {
        $process = proc_open(['echo', 'out'], [1 => ['pipe', 'w']], $pipes);
        return $process ? [stream_get_contents($pipes[1]), proc_close($process)] : $process;
    }, [0, 1, 2, 3]],
    'exec' => [static fn (): mixed => [exec('echo out', $lines, $status), $lines, $status], [0, 1, 2]],
    'shell_exec' => [static fn (): mixed => shell_exec('echo out'), [0, 1, 2]],
    'popen, pclose' => [static fn (): mixed => ($pipe = popen('echo out', 'r')) ? [fgets($pipe), pclose($pipe)] : $pipe, [0, 1, 2]],
    'usleep' => [static fn (): mixed => usleep(1000), [0]],
    'pcntl_waitpid' => [static function (): mixed {
        if (($child = pcntl_fork()) === 0) {
            posix_kill(getmypid(), SIGKILL);
        }
        return [pcntl_waitpid($child, $status) === $child, $status];
    }, [0, 1]],
    'flock' => [static fn (array $context): mixed => [flock($context[0], LOCK_EX), flock($context[0], LOCK_UN)], [0]],
    'stream_select' => [static function (): mixed {
        [$read, $write, $except] = [[STDIN], null, null];
        return stream_select($read, $write, $except, 0, 1000);
    }, [0]],
];
$rows = [];
foreach ($calls as $name => [$call, $spares]) {
    foreach ($spares as $spare) {
        $rows[] = few_descriptors($name, $call, $spare, ['env:TUSK_HTTP'], static fn (): array => [fopen('lock', 'w')]);
    }
}
return $rows;
