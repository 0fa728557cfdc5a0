<?php
/**
 * The peer resets the connection while the client writes more than any buffer holds. How much it
 * had written by then differs, also in plain PHP: the result says whether it was all.
 */

declare(strict_types=1);

namespace Tusk\Tests\Faults;

require_once __DIR__ . '/../harness/faults.php';

const MUCH = 16_000_000;
$web = ['env:TUSK_HTTP'];
$server = '127.0.0.1:' . parse_url((string) getenv('TUSK_HTTP'), PHP_URL_PORT);
$row = static fn (string $call, \Closure $run, array $needs = []): \Tusk\Tests\Matrix\Row
    => through_proxy($call, $run, $server, 'client', 1000, [...$web, ...$needs], ['memory_limit' => '512M']);

return [
    $row('fwrite', static function (int $port): mixed {
        $stream = stream_socket_client("tcp://127.0.0.1:$port", $code, $error, 5);
        return [fwrite($stream, str_repeat('x', MUCH)) === MUCH, fwrite($stream, 'x'), fread($stream, 10), feof($stream)];
    }),
    $row('stream_socket_sendto', static function (int $port): mixed {
        $stream = stream_socket_client("tcp://127.0.0.1:$port", $code, $error, 5);
        $sent = 0;
        while (is_int($n = stream_socket_sendto($stream, str_repeat('x', 100_000))) && $n > 0 && $sent < MUCH) {
            $sent += $n;
        }
        return [$n, $sent < MUCH];
    }),
    $row('socket_write', static function (int $port): mixed {
        $socket = socket_create(AF_INET, SOCK_STREAM, 0);
        $connected = socket_connect($socket, '127.0.0.1', $port);
        $sent = socket_write($socket, str_repeat('x', MUCH));
        return [$connected, $sent === MUCH, @socket_write($socket, 'x'), in_array(socket_last_error($socket), [SOCKET_EPIPE, SOCKET_ECONNRESET])];
    }),
    $row('curl_exec of a POST', static function (int $port): mixed {
        $curl = curl_init("http://127.0.0.1:$port/");
        curl_setopt_array($curl, [CURLOPT_POSTFIELDS => str_repeat('x', MUCH), CURLOPT_RETURNTRANSFER => true, CURLOPT_HTTPHEADER => ['Expect:']]);
        return [curl_exec($curl), in_array(curl_errno($curl), [CURLE_SEND_ERROR, CURLE_RECV_ERROR])];
    }, ['extension:curl']),
    $row('http wrapper, a POST', static fn (int $port): mixed => @file_get_contents("http://127.0.0.1:$port/", context: stream_context_create(['http' => ['method' => 'POST',
        'content' => str_repeat('x', MUCH)]]))),
    $row('phpredis: set', static function (int $port): mixed {
        $redis = new \Redis();
        $redis->connect('127.0.0.1', $port);
        return $redis->set('k', str_repeat('x', MUCH));
    }, ['extension:redis']),
];
