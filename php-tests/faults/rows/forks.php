<?php
/** The process forks while each kind of call waits; parent and child both get what they asked for. */

declare(strict_types=1);

namespace Tusk\Tests\Faults;

require_once __DIR__ . '/../harness/faults.php';

$http = parse_url((string) getenv('TUSK_HTTP'), PHP_URL_PORT);
/** A connection of the call's own, in parent and child. */
$slow = static fn (string $name, \Closure $run, array $needs): \Tusk\Tests\Matrix\Row => forked($name, $run, $needs);

return [
    forked('usleep', static fn (): mixed => usleep(80_000)),
    forked('time_nanosleep', static fn (): mixed => time_nanosleep(0, 80_000_000)),
    forked('exec', static fn (): mixed => [exec('sleep 0.1; echo out; exit 3', $lines, $status), $lines, $status]),
    forked('proc_close', static fn (): mixed => proc_close(proc_open(['sh', '-c', 'sleep 0.1; exit 4'], [], $pipes))),
    forked('pclose', static fn (): mixed => [fgets($pipe = popen('sleep 0.1; echo out; exit 5', 'r')), pclose($pipe)]),
    forked('stream_select', static function (): mixed {
        [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        [$read, $write, $except] = [[$b], null, null];
        return [stream_select($read, $write, $except, 0, 80_000), $read];
    }),
    forked('fread', static function (): mixed {
        [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        stream_set_timeout($b, 0, 80_000);
        return [fread($b, 10), stream_get_meta_data($b)['timed_out'], fwrite($a, 'text'), fread($b, 10)];
    }),
    forked('stream_socket_accept', static fn (): mixed => @stream_socket_accept(stream_socket_server('tcp://127.0.0.1:0'), 0.08)),
    forked('file_put_contents', static fn (): mixed => [file_put_contents('file-' . getmypid(), str_repeat('x', 60_000_000)), md5_file('file-' . getmypid())]),
    forked('gethostbyname', static fn (): mixed => array_unique(array_map(gethostbyname(...), array_fill(0, 300, 'localhost')))),
    forked('flock', static function (mixed $context, string $folder): mixed {
        $holder = proc_open(['flock', "$folder/" . getmypid(), 'sh', '-c', 'echo up; sleep 0.1'], [1 => ['pipe', 'w']], $pipes);
        fgets($pipes[1]);
        return [flock($file = fopen("$folder/" . getmypid(), 'w'), LOCK_EX), proc_close($holder)];
    }, ['command:flock']),
    $slow('http wrapper', static fn (): mixed => file_get_contents("http://127.0.0.1:$http/delay?ms=100"), ['env:TUSK_HTTP']),
    $slow('curl_exec', static function () use ($http): mixed {
        curl_setopt_array($curl = curl_init("http://127.0.0.1:$http/delay?ms=100"), [CURLOPT_RETURNTRANSFER => true]);
        return [curl_exec($curl), curl_errno($curl)];
    }, ['env:TUSK_HTTP', 'extension:curl']),
    $slow('PDO mysql', static fn (): mixed => (new \PDO('mysql:host=127.0.0.1;port=' . getenv('TUSK_MYSQL'), 'root', ''))->query('select 5, sleep(0.1)')->fetchAll(),
        ['env:TUSK_MYSQL', 'extension:pdo_mysql']),
    $slow('phpredis', static fn (): mixed => [($redis = new \Redis())->connect('127.0.0.1', (int) getenv('TUSK_REDIS')), $redis->rawCommand('WAIT', '1', '100')],
        ['env:TUSK_REDIS', 'extension:redis']),
    $slow('pg_query', static fn (): mixed => pg_fetch_all(pg_query(pg_connect('host=127.0.0.1 dbname=postgres user=test port=' . getenv('TUSK_POSTGRES'), PGSQL_CONNECT_FORCE_NEW), 'select 5 as n from pg_sleep(0.1)')),
        ['env:TUSK_POSTGRES', 'extension:pgsql']),
];
