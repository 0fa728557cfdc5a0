<?php
/** ext/sockets, and PHP streams over sockets. The other end is a process that is late. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

require_once __DIR__ . '/../harness/late_peer.php';

$listening = static function (int $type = SOCK_STREAM): array {
    $socket = socket_create(AF_INET, $type, 0);
    socket_bind($socket, '127.0.0.1');
    $type === SOCK_STREAM && socket_listen($socket);
    socket_getsockname($socket, $address, $port);
    return [$socket, (string) $port];
};
/** A connection whose other end does $code with $peer, 80 ms after it was accepted. */
$connected = static function (string $code) use ($listening): \Closure {
    return static function () use ($listening, $code): array {
        [$listener, $port] = $listening();
        $kept = late_child('$peer = stream_socket_client("tcp://127.0.0.1:$argv[1]"); usleep(120_000); ' . $code . ' usleep(300_000);', $port);
        return [socket_accept($listener), $kept];
    };
};
$needs = ['extension:sockets'];
$row = static fn (string $call, \Closure $run, ?\Closure $setup = null, float $waits = 0.07, string $layer = 'interposition', string $remark = ''): Row
    => new Row($call, $layer, $run, waits: $waits, setup: $setup, needs: $needs, remark: $remark);
/** What the child sends. */
$sends = static fn (string $text): \Closure => $connected("fwrite(\$peer, '$text');");
$timeout = static fn (\Socket $socket, int $option = SO_RCVTIMEO): mixed => socket_set_option($socket, SOL_SOCKET, $option, ['sec' => 0, 'usec' => 80_000]);
$pair = static function (int $type = SOCK_STREAM): array {
    socket_create_pair(AF_UNIX, $type, 0, $pair);
    return $pair;
};
$datagram = static function () use ($listening): array {
    [$socket, $port] = $listening(SOCK_DGRAM);
    return [$socket, late_child('$to = stream_socket_client("udp://127.0.0.1:$argv[1]"); usleep(120_000); fwrite($to, "datagram"); usleep(100_000);', $port)];
};

return [
    $row('socket_accept', static function (array $c): mixed {
        return socket_accept($c[0]) instanceof \Socket;
    }, static function () use ($listening): array {
        [$listener, $port] = $listening();
        return [$listener, late_child('usleep(120_000); $peer = stream_socket_client("tcp://127.0.0.1:$argv[1]"); usleep(100_000);', $port)];
    }),
    $row('socket_accept, SO_RCVTIMEO', static function () use ($listening, $timeout): mixed {
        [$listener] = $listening();
        return [$timeout($listener), socket_accept($listener), socket_last_error($listener)];
    }),
    $row('socket_accept, not blocking', static function () use ($listening): mixed {
        [$listener] = $listening();
        return [socket_set_nonblock($listener), socket_accept($listener), socket_last_error($listener)];
    }, waits: 0.0),
    $row('socket_read', static fn (array $c): mixed => [socket_read($c[0], 100), socket_last_error($c[0])], $sends('hello')),
    $row('socket_read, PHP_NORMAL_READ', static fn (array $c): mixed => [socket_read($c[0], 100, PHP_NORMAL_READ), socket_read($c[0], 100)], $sends("line\nrest")),
    $row('socket_read, the end', static fn (array $c): mixed => [socket_read($c[0], 100), socket_last_error($c[0])], $connected('fclose($peer);')),
    $row('socket_read, SO_RCVTIMEO', static fn (array $c): mixed => [$timeout($c[0]), socket_read($c[0], 100), socket_last_error($c[0])], $connected('')),
    $row('socket_read, not blocking', static fn (array $c): mixed => [socket_set_nonblock($c[0]), socket_read($c[0], 100), socket_last_error($c[0])], $connected(''), 0.0),
    $row('socket_recv', static fn (array $c): mixed => [socket_recv($c[0], $data, 100, 0), $data], $sends('hello')),
    $row('socket_recv, MSG_WAITALL', static fn (array $c): mixed => [socket_recv($c[0], $data, 10, MSG_WAITALL), $data],
        $connected("fwrite(\$peer, 'hello'); usleep(80_000); fwrite(\$peer, 'world and more');"), 0.15),
    $row('socket_recv, MSG_PEEK', static fn (array $c): mixed => [socket_recv($c[0], $a, 3, MSG_PEEK), $a, socket_recv($c[0], $b, 100, 0), $b], $sends('hello')),
    $row('socket_recv, MSG_DONTWAIT', static fn (array $c): mixed => [socket_recv($c[0], $data, 100, MSG_DONTWAIT), $data, socket_last_error($c[0])], $connected(''), 0.0),
    $row('socket_recv, a reset', static fn (array $c): mixed => [socket_recv($c[0], $data, 100, 0), $data, socket_last_error($c[0])],
        $connected('$s = socket_import_stream($peer); socket_set_option($s, SOL_SOCKET, SO_LINGER, ["l_onoff" => 1, "l_linger" => 0]); socket_close($s);'),
        remark: 'the child has ext/sockets where it is built in'),
    $row('socket_recvfrom', static fn (array $c): mixed => [socket_recvfrom($c[0], $data, 100, 0, $address, $port), $data, $address, $port > 0], $datagram),
    $row('socket_recvfrom, SO_RCVTIMEO', static function () use ($listening, $timeout): mixed {
        [$socket] = $listening(SOCK_DGRAM);
        return [$timeout($socket), socket_recvfrom($socket, $data, 100, 0, $address, $port), socket_last_error($socket)];
    }),
    $row('socket_recvmsg', static function (array $c): mixed {
        $message = ['name' => ['family' => AF_INET, 'addr' => '127.0.0.1', 'port' => 0], 'buffer_size' => 100, 'controllen' => 64];
        return [socket_recvmsg($c[0], $message, 0), $message['iov'] ?? null, $message['name']['addr'] ?? null];
    }, $datagram),
    $row('socket_write', static fn (array $c): mixed => socket_write($c[0], str_repeat('x', 8_000_000)),
        $connected('for ($got = 0; $got < 8_000_000; $got += strlen(fread($peer, 65536))) { }')),
    $row('socket_send', static fn (array $c): mixed => socket_send($c[0], str_repeat('x', 8_000_000), 8_000_000, 0),
        $connected('for ($got = 0; $got < 8_000_000; $got += strlen(fread($peer, 65536))) { }')),
    $row('socket_send, SO_SNDTIMEO', static fn (array $c): mixed => [$timeout($c[0], SO_SNDTIMEO), socket_send($c[0], str_repeat('x', 12_000_000), 12_000_000, 0) > 0,
        socket_send($c[0], 'x', 1, 0), socket_last_error($c[0])], $connected('usleep(500_000);')),
    $row('socket_send, the other end has gone', static fn (array $c): mixed => [socket_read($c[0], 1), socket_send($c[0], 'x', 1, 0), usleep(10_000), socket_send($c[0], 'x', 1, 0),
        socket_last_error($c[0])], $connected('fclose($peer);')),
    $row('socket_sendto', static function () use ($listening): mixed {
        [$socket, $port] = $listening(SOCK_DGRAM);
        return [socket_sendto($socket, 'text', 4, 0, '127.0.0.1', (int) $port), socket_recvfrom($socket, $data, 10, 0, $address, $from), $data];
    }, waits: 0.0),
    $row('socket_sendmsg', static fn (array $c): mixed => [socket_sendmsg($c[0], ['iov' => ['a', 'b', str_repeat('x', 8_000_000)]], 0)],
        $connected('for ($got = 0; $got < 8_000_000; $got += strlen(fread($peer, 65536))) { }')),
    $row('socket_connect', static function () use ($listening): mixed {
        [, $port] = [$l, $p] = $listening();
        $socket = socket_create(AF_INET, SOCK_STREAM, 0);
        return [socket_connect($socket, '127.0.0.1', (int) $p), socket_getpeername($socket, $address), $address];
    }, waits: 0.0),
    $row('socket_connect, refused', static fn (): mixed => [socket_connect($s = socket_create(AF_INET, SOCK_STREAM, 0), '127.0.0.1', 1), socket_last_error($s)], waits: 0.0),
    $row('socket_connect, SO_SNDTIMEO', static function (array $full) use ($timeout): mixed {
        $socket = socket_create(AF_INET, SOCK_STREAM, 0);
        return [$timeout($socket, SO_SNDTIMEO), socket_connect($socket, '127.0.0.1', $full[1]), socket_last_error($socket)];
    }, full_listener(...)),
    $row('socket_connect, a full local queue', static fn (array $c): mixed => socket_connect(socket_create(AF_UNIX, SOCK_STREAM, 0), 'full'),
        static function (string $folder): mixed {
            $code = '$l = stream_socket_server("unix://full", $c, $e, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, stream_context_create(["socket" => ["backlog" => 0]]));'
                . 'echo "up\n"; fgets(STDIN); usleep(120_000); stream_socket_accept($l); stream_socket_accept($l); usleep(100_000);';
            $process = proc_open([PHP_BINARY, '-n', '-r', $code], [['pipe', 'r'], ['pipe', 'w']], $pipes, $folder);
            fgets($pipes[1]);
            $first = stream_socket_client("unix://$folder/full");
            fwrite($pipes[0], "go\n");
            return [$process, $pipes, $first];
        }),
    $row('socket_create_listen, socket_getsockname', static fn (): mixed => socket_create_listen(0) instanceof \Socket, waits: 0.0),
    $row('socket_create_pair', static fn (): mixed => [socket_write(($p = $pair())[0], 'x'), socket_read($p[1], 10)], waits: 0.0),
    $row('socket_select', static function (array $c): mixed {
        [$read, $write, $except] = [[$c[0]], null, null];
        return [socket_select($read, $write, $except, 5), count($read)];
    }, $sends('x')),
    $row('socket_select, its timeout', static function (array $c): mixed {
        [$read, $write, $except] = [['key' => $c[0]], null, null];
        return [socket_select($read, $write, $except, 0, 80_000), $read];
    }, $connected('')),
    $row('socket_select, writable', static function (array $c): mixed {
        [$read, $write, $except] = [[$c[0]], ['w' => $c[0]], null];
        return [socket_select($read, $write, $except, 5), count($read), array_keys($write)];
    }, $connected(''), 0.0),
    $row('socket_addrinfo_lookup', static fn (): mixed => count(socket_addrinfo_lookup('localhost', '80', ['ai_family' => AF_INET, 'ai_socktype' => SOCK_STREAM])), waits: 0.0),
    $row('socket_addrinfo_connect', static function () use ($listening): mixed {
        [$listener, $port] = $listening();
        return socket_addrinfo_connect(socket_addrinfo_lookup('127.0.0.1', $port, ['ai_socktype' => SOCK_STREAM])[0]) instanceof \Socket;
    }, waits: 0.0),
    $row('socket_addrinfo_bind, socket_addrinfo_explain', static function (): mixed {
        $info = socket_addrinfo_lookup('localhost', '0', ['ai_family' => AF_INET, 'ai_socktype' => SOCK_STREAM])[0];
        return [socket_addrinfo_explain($info)['ai_addr'], socket_addrinfo_bind($info) instanceof \Socket];
    }, waits: 0.0),
    $row('socket_bind, socket_listen, socket_getpeername', static function (): mixed {
        $socket = socket_create(AF_INET, SOCK_STREAM, 0);
        return [socket_bind($socket, '127.0.0.1'), socket_listen($socket, 5), socket_getpeername($socket, $address), socket_last_error($socket), socket_strerror(socket_last_error($socket)), socket_clear_error($socket)];
    }, waits: 0.0),
    $row('socket_set_block, socket_get_option', static fn (array $c): mixed => [socket_set_nonblock($c[0]), socket_set_block($c[0]), socket_read($c[0], 10), socket_get_option($c[0], SOL_SOCKET, SO_TYPE)], $sends('x')),
    $row('socket_export_stream, fread', static fn (array $c): mixed => fread(socket_export_stream($c[0]), 10), $sends('x')),
    $row('socket_import_stream, socket_read', static function (array $c): mixed {
        $stream = socket_export_stream($c[0]);
        return [socket_read($socket = socket_import_stream($stream), 10), socket_last_error($socket)];
    }, $sends('x')),
    $row('socket_close, SO_LINGER', static fn (array $c): mixed => [socket_set_option($c[0], SOL_SOCKET, SO_LINGER, ['l_onoff' => 1, 'l_linger' => 1]),
        socket_set_nonblock($c[0]), socket_send($c[0], str_repeat('x', 12_000_000), 12_000_000, 0) > 0, socket_set_block($c[0]), socket_close($c[0])], $connected('usleep(500_000);'), 0.5),
    $row('socket_shutdown, socket_close', static fn (array $c): mixed => [socket_shutdown($c[0], 1), socket_read($c[0], 10), socket_close($c[0])], $sends('x')),
    $row('a descriptor sent over a socket', static function () use ($pair): mixed {
        [$a, $b] = $pair();
        [$c, $d] = $pair();
        $sent = socket_sendmsg($a, ['iov' => ['x'], 'control' => [['level' => SOL_SOCKET, 'type' => SCM_RIGHTS, 'data' => [$c]]]], 0);
        $message = ['name' => [], 'buffer_size' => 10, 'controllen' => socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 1)];
        return [$sent, socket_recvmsg($b, $message, 0), count($message['control'][0]['data'])];
    }, waits: 0.0),

    $row('fsockopen, fgets', static fn (array $c): mixed => [fgets($f = fsockopen('127.0.0.1', $c[1], $errno, $error, 2)), feof($f), $errno, $error],
        static function (): array {
            $kept = late_child('$l = stream_socket_server("tcp://127.0.0.1:0"); echo stream_socket_get_name($l, false), "\n"; $p = stream_socket_accept($l); usleep(80_000); fwrite($p, "line\n"); usleep(100_000);');
            return [$kept, (int) substr(strrchr(trim(fgets($kept[1][1])), ':'), 1)];
        }, layer: 'stream'),
    $row('fsockopen, refused', static fn (): mixed => [fsockopen('127.0.0.1', 1, $errno, $error, 1), $errno, $error], waits: 0.0, layer: 'stream'),
    $row('stream_socket_accept', static fn (array $c): mixed => is_resource(stream_socket_accept($c[0], 5)), static function (): array {
        $listener = stream_socket_server('tcp://127.0.0.1:0');
        return [$listener, late_child('usleep(120_000); $p = stream_socket_client("tcp://$argv[1]"); usleep(100_000);', stream_socket_get_name($listener, false))];
    }, layer: 'stream'),
    $row('stream_socket_accept, its timeout', static fn (): mixed => stream_socket_accept(stream_socket_server('tcp://127.0.0.1:0'), 0.08), layer: 'stream'),
    $row('stream_socket_recvfrom', static fn (array $c): mixed => stream_socket_recvfrom(socket_export_stream($c[0]), 100), $datagram, layer: 'stream'),
    $row('stream_select', static function (array $c): mixed {
        [$read, $write, $except] = [[socket_export_stream($c[0])], null, null];
        return [stream_select($read, $write, $except, 5), count($read)];
    }, $sends('x'), layer: 'function'),
    $row('stream_socket_pair', static function (): mixed {
        [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        stream_set_timeout($b, 0, 80_000);
        return [fread($b, 10), stream_get_meta_data($b)['timed_out'], fwrite($a, 'x'), fread($b, 10)];
    }, layer: 'stream'),
    new Row('a TLS handshake that is late', 'stream', static function (array $c): mixed {
        stream_context_set_option($c[0], 'ssl', 'verify_peer', false);
        stream_context_set_option($c[0], 'ssl', 'verify_peer_name', false);
        return [stream_socket_enable_crypto($c[0], true, STREAM_CRYPTO_METHOD_TLS_CLIENT), fgets($c[0])];
    }, waits: 0.07, setup: static function (): array {
        require_once __DIR__ . '/../../include/tls.inc';
        $code = '$c = stream_context_create(["ssl" => ["local_cert" => $argv[1]]]); $l = stream_socket_server("tcp://127.0.0.1:0", $n, $e, 12, $c); echo stream_socket_get_name($l, false), "\n";'
            . '$p = stream_socket_accept($l); usleep(120_000); stream_socket_enable_crypto($p, true, STREAM_CRYPTO_METHOD_TLS_SERVER); fwrite($p, "secret\n"); usleep(100_000);';
        $kept = late_child($code, \Tusk\Tests\tls_certificate());
        return [stream_socket_client('tcp://' . trim(fgets($kept[1][1]))), $kept];
    }, needs: ['extension:openssl']),
];
