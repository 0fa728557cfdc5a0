<?php
/** PHP streams on sockets: what sockets.php has not. The other end is a process that is late. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

require_once __DIR__ . '/../harness/late_peer.php';

$row = static fn (string $call, \Closure $run, ?\Closure $setup = null, float $waits = 0.07, string $layer = 'stream', array $needs = []): Row
    => new Row($call, $layer, $run, waits: $waits, setup: $setup, needs: $needs);
$sends = static fn (string $text): \Closure => late_stream("fwrite(\$peer, '$text');");
$reads = static fn (int $bytes): string => "for (\$got = 0; \$got < $bytes; \$got += strlen(\$d = fread(\$peer, 65536))) { if (\$d === '' && feof(\$peer)) break; }";
$tls = ['extension:openssl'];

return [
    $row('stream_socket_client, stream_socket_get_name', static fn (array $c): mixed => [
        fgets($s = stream_socket_client("tcp://$c[0]", $code, $error, 5)), $code, $error, stream_socket_get_name($s, true) === $c[0],
    ], static fn (): array => late_server('usleep(120_000); fwrite($peer, "line\n"); usleep(100_000);')),
    $row('stream_socket_client, its timeout', static fn (array $c): mixed => [
        stream_socket_client("tcp://127.0.0.1:$c[1]", $code, $error, 0.08), $code, $error,
    ], full_listener(...), needs: ['extension:sockets']),
    $row('stream_socket_client, asynchronous, stream_select', static function (array $c): mixed {
        $socket = stream_socket_client("tcp://$c[0]", $code, $error, 5, STREAM_CLIENT_CONNECT | STREAM_CLIENT_ASYNC_CONNECT);
        [$read, $write, $except] = [null, [$socket], null];
        return [stream_select($read, $write, $except, 5), fgets($socket)];
    }, static fn (): array => late_server('usleep(120_000); fwrite($peer, "line\n"); usleep(100_000);')),
    $row('stream_socket_client, a local one', static function (): mixed {
        $server = stream_socket_server('unix://local');
        $client = stream_socket_client('unix://local');
        return [fwrite($client, 'x'), fread(stream_socket_accept($server), 10), stream_socket_client('unix://none', $code, $error), $code, $error];
    }, waits: 0.0),
    $row('stream_socket_server, a port that is taken', static function (): mixed {
        $name = stream_socket_get_name($server = stream_socket_server('tcp://127.0.0.1:0'), false);
        return [stream_socket_server("tcp://$name", $code, $error), $code, $error];
    }, waits: 0.0),
    $row('pfsockopen', static fn (array $c): mixed => fgets(pfsockopen('127.0.0.1', (int) explode(':', $c[0])[1], timeout: 5)),
        static fn (): array => late_server('usleep(120_000); fwrite($peer, "line\n"); usleep(100_000);')),
    $row('fread', static fn (array $c): mixed => [fread($c[0], 100), fread($c[0], 100)], late_stream('fwrite($peer, "hello"); usleep(60_000); fwrite($peer, "world");')),
    $row('fgetc, fgets, stream_get_line', static fn (array $c): mixed => [fgetc($c[0]), fgets($c[0]), stream_get_line($c[0], 100, ';'), stream_get_line($c[0], 100, ';')],
        late_stream('fwrite($peer, "1line\na;b"); usleep(60_000); fwrite($peer, ";");')),
    $row('stream_get_contents, feof', static fn (array $c): mixed => [stream_get_contents($c[0]), feof($c[0])], late_stream('fwrite($peer, "hello"); usleep(60_000); fclose($peer);')),
    $row('fread, stream_set_timeout', static fn (array $c): mixed => [stream_set_timeout($c[0], 0, 80_000), fread($c[0], 10), stream_get_meta_data($c[0])['timed_out'], feof($c[0])], late_stream('')),
    $row('fread, not blocking', static fn (array $c): mixed => [stream_set_blocking($c[0], false), fread($c[0], 10), feof($c[0])], late_stream(''), waits: 0.0),
    $row('fscanf, fgetcsv', static fn (array $c): mixed => [fscanf($c[0], '%d %s'), fgetcsv($c[0])], $sends("5 five\na,b\n")),
    $row('fpassthru', static fn (array $c): mixed => fpassthru($c[0]), late_stream('fwrite($peer, "hello"); usleep(60_000); fclose($peer);')),
    $row('fwrite that does not fit', static fn (array $c): mixed => fwrite($c[0], str_repeat('x', 8_000_000)), late_stream($reads(8_000_000))),
    $row('fputs, fflush, fclose', static fn (array $c): mixed => [fputs($c[0], str_repeat('x', 8_000_000)), fflush($c[0]), fclose($c[0])], late_stream($reads(8_000_000))),
    $row('fwrite to an end that has gone', static fn (array $c): mixed => [fread($c[0], 1), @fwrite($c[0], 'x') !== null, usleep(10_000), fwrite($c[0], 'x')], late_stream('fclose($peer);')),
    $row('stream_copy_to_stream from a socket', static function (array $c): mixed {
        $to = fopen('copied', 'w+');
        return [stream_copy_to_stream($c[0], $to), rewind($to), fgets($to)];
    }, late_stream('fwrite($peer, "hello"); usleep(60_000); fclose($peer);')),
    $row('stream_copy_to_stream to a socket', static function (array $c): mixed {
        file_put_contents('large', str_repeat('x', 8_000_000));
        return stream_copy_to_stream(fopen('large', 'r'), $c[0]);
    }, late_stream($reads(8_000_000))),
    $row('stream_socket_sendto that does not fit', static fn (array $c): mixed => stream_socket_sendto($c[0], str_repeat('x', 8_000_000)), late_stream($reads(8_000_000))),
    $row('stream_socket_recvfrom, STREAM_PEEK', static fn (array $c): mixed => [stream_socket_recvfrom($c[0], 3, STREAM_PEEK), stream_socket_recvfrom($c[0], 100)], $sends('hello')),
    $row('stream_socket_shutdown', static fn (array $c): mixed => [stream_socket_shutdown($c[0], STREAM_SHUT_WR), fread($c[0], 10), fwrite($c[0], 'x')], $sends('hello')),
    $row('stream_filter_append', static fn (array $c): mixed => [is_resource(stream_filter_append($c[0], 'string.toupper', STREAM_FILTER_READ)), fgets($c[0])], $sends("line\n")),
    $row('stream_select, its timeout', static function (array $c): mixed {
        [$read, $write, $except] = [['key' => $c[0]], null, null];
        return [stream_select($read, $write, $except, 0, 80_000), $read];
    }, late_stream(''), layer: 'function'),
    $row('stream_select, several', static function (array $c): mixed {
        [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        [$read, $write, $except] = [['late' => $c[0], 'pair' => $a], null, [$c[0]]];
        return [stream_select($read, $write, $except, 5), array_keys($read), $except];
    }, $sends('x'), layer: 'function'),
    $row('stream_socket_client(tls://)', static fn (array $c): mixed => fgets(stream_socket_client("tls://$c[0]", $code, $error, 5, context: trusting())), late_tls('fwrite($peer, "secret\n");'), needs: $tls),
    // With a folder without authorities: to read the system's takes the processor 20 ms, in any PHP.
    $row('stream_socket_client(tls://), a certificate nobody signed', static fn (array $c): mixed => [
        stream_socket_client("tls://$c[0]", $code, $error, 5, context: stream_context_create(['ssl' => ['capath' => '.']])), $code, $error],
        late_tls(''), needs: $tls),
    $row('stream_socket_client(tls://), its timeout', static function (array $c): mixed {
        $begun = hrtime(true);
        $socket = @stream_socket_client("tls://$c[0]", $code, $error, 0.1, context: trusting());
        return [$socket, hrtime(true) - $begun < 1e9];
    }, static fn (): array => late_server('usleep(400_000);'), needs: $tls),
    $row('TLS: fwrite that does not fit', static function (array $c) : mixed {
        $socket = stream_socket_client("tls://$c[0]", $code, $error, 5, context: trusting());
        return [fwrite($socket, str_repeat('x', 4_000_000)), fgets($socket)];
    }, late_tls('usleep(60_000);' . $reads(4_000_000) . 'fwrite($peer, "all\n");'), needs: $tls),
    $row('TLS: fread, stream_set_timeout', static function (array $c): mixed {
        $socket = stream_socket_client("tls://$c[0]", $code, $error, 5, context: trusting());
        return [stream_set_timeout($socket, 0, 80_000), fread($socket, 10), stream_get_meta_data($socket)['timed_out']];
    }, late_tls('usleep(200_000);'), needs: $tls),
    $row('TLS: stream_select, stream_get_contents', static function (array $c): mixed {
        $socket = stream_socket_client("tls://$c[0]", $code, $error, 5, context: trusting());
        [$read, $write, $except] = [[$socket], null, null];
        return [stream_select($read, $write, $except, 5), stream_get_contents($socket)];
    }, late_tls('usleep(60_000); fwrite($peer, "secret"); fclose($peer);'), needs: $tls),
    $row('stream_socket_accept of tls://, a client that is late', static function (array $c): mixed {
        fwrite($c[1][1][0], stream_socket_get_name($c[0], false) . "\n");
        return [is_resource($peer = stream_socket_accept($c[0], 5)), fgets($peer), fwrite($peer, "answer\n")];
    }, static function (): array {
        require_once __DIR__ . '/../../include/tls.inc';
        $context = stream_context_create(['ssl' => ['local_cert' => \Tusk\Tests\tls_certificate()]]);
        $server = stream_socket_server('tls://127.0.0.1:0', $code, $error, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
        $child = late_child('$at = trim(fgets(STDIN)); $c = stream_context_create(["ssl" => ["verify_peer" => false, "verify_peer_name" => false]]);'
            . '$s = stream_socket_client("tcp://$at", $n, $e, 5, STREAM_CLIENT_CONNECT, $c); usleep(120_000);'
            . 'stream_socket_enable_crypto($s, true, STREAM_CRYPTO_METHOD_TLS_CLIENT); usleep(60_000); fwrite($s, "line\n"); fgets($s);');
        return [$server, $child];
    }, needs: $tls),
    $row('file_get_contents(data://), php://memory, php://output', static fn (): mixed => [
        file_get_contents('data://text/plain,abc'), file_put_contents('php://output', 'out'), fwrite($m = fopen('php://memory', 'w+'), 'x'), rewind($m), fread($m, 5),
    ], waits: 0.0),
];
