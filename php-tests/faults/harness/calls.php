<?php
/**
 * The calls of connections that faults are tried on: name => [server, call, needs, bytes after
 * which a reset is of interest]. A call takes the port and keeps nothing open.
 */

declare(strict_types=1);

namespace Tusk\Tests\Faults;

$http = (string) parse_url((string) getenv('TUSK_HTTP'), PHP_URL_PORT);
$https = (string) parse_url((string) getenv('TUSK_HTTPS'), PHP_URL_PORT);
$curl = static function (string $url, array $options = []): array {
    $curl = curl_init($url);
    curl_setopt_array($curl, $options + [CURLOPT_RETURNTRANSFER => true, CURLOPT_SSL_VERIFYPEER => false, CURLOPT_SSL_VERIFYHOST => 0]);
    $body = curl_exec($curl);
    return [is_string($body) ? [strlen($body), md5($body)] : $body, curl_errno($curl), curl_getinfo($curl, CURLINFO_HTTP_CODE)];
};
$unchecked = static fn (): mixed => stream_context_create(['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]);
$query = 'select repeat(\'x\', 20000)';

return [
    'fread' => [$http, static function (int $port): mixed {
        $stream = stream_socket_client("tcp://127.0.0.1:$port", $code, $error, 5);
        $sent = fwrite($stream, "GET /bytes?n=3000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        for ($got = ''; !feof($stream) && strlen($got) < 3000; $got .= $part) {
            $part = fread($stream, 1000);
            if ($part === false || $part === '') {
                break;
            }
        }
        return [$sent, strlen($got), md5($got), feof($stream), stream_get_meta_data($stream)['timed_out']];
    }, ['env:TUSK_HTTP'], [0, 1, 500]],
    'fgets' => [$http, static function (int $port): mixed {
        $stream = stream_socket_client("tcp://127.0.0.1:$port", $code, $error, 5);
        fwrite($stream, "GET /bytes?n=3000 HTTP/1.1\r\nHost: x\r\n\r\n");
        return [fgets($stream), fgets($stream), feof($stream)];
    }, ['env:TUSK_HTTP'], [0, 5, 20]],
    'http wrapper' => [$http, static fn (int $port): mixed => md5((string) file_get_contents("http://127.0.0.1:$port/bytes?n=3000")), ['env:TUSK_HTTP'], [0, 5, 500]],
    'curl_exec' => [$http, static fn (int $port): mixed => $curl("http://127.0.0.1:$port/bytes?n=3000"), ['env:TUSK_HTTP', 'extension:curl'], [0, 5, 500]],
    'https wrapper' => [$https, static fn (int $port): mixed => md5((string) file_get_contents("https://127.0.0.1:$port/bytes?n=3000", context: $unchecked())),
        ['env:TUSK_HTTPS'], [0, 3, 200, 2500]],
    'curl_exec, https' => [$https, static fn (int $port): mixed => $curl("https://127.0.0.1:$port/bytes?n=3000"), ['env:TUSK_HTTPS', 'extension:curl'], [0, 3, 200, 2500]],
    'PDO mysql' => [getenv('TUSK_MYSQL'), static fn (int $port): mixed => md5((new \PDO("mysql:host=127.0.0.1;port=$port;dbname=test", 'root', ''))->query($query)->fetchColumn()),
        ['env:TUSK_MYSQL', 'extension:pdo_mysql'], [0, 3, 40, 120, 5000]],
    'mysqli' => [getenv('TUSK_MYSQL'), static fn (int $port): mixed => md5((new \mysqli('127.0.0.1', 'root', '', 'test', $port))->query($query)->fetch_row()[0]),
        ['env:TUSK_MYSQL', 'extension:mysqli'], [0, 3, 120, 5000]],
    // Not after one byte: phpredis takes the rest of that line for a length and ends the process.
    'phpredis' => [getenv('TUSK_REDIS'), static function (int $port): mixed {
        $redis = new \Redis();
        return [$redis->connect('127.0.0.1', $port), $redis->set('k', str_repeat('x', 20_000)), md5($redis->get('k')), $redis->close()];
    }, ['env:TUSK_REDIS', 'extension:redis'], [0, 5, 5000]],
    'pg_query' => [getenv('TUSK_POSTGRES'), static function (int $port) use ($query): mixed {
        $db = pg_connect("host=127.0.0.1 port=$port dbname=postgres user=test sslmode=disable gssencmode=disable", PGSQL_CONNECT_FORCE_NEW);
        return $db ? [($rows = pg_query($db, $query)) ? md5(pg_fetch_result($rows, 0, 0)) : pg_last_error($db), pg_connection_status($db), pg_close($db)] : false;
    }, ['env:TUSK_POSTGRES', 'extension:pgsql'], [0, 3, 200, 5000]],
    'PDO pgsql' => [getenv('TUSK_POSTGRES'), static fn (int $port): mixed
        => md5((new \PDO("pgsql:host=127.0.0.1;port=$port;dbname=postgres;user=test;sslmode=disable;gssencmode=disable"))->query($query)->fetchColumn()),
        ['env:TUSK_POSTGRES', 'extension:pdo_pgsql'], [0, 3, 5000]],
];
