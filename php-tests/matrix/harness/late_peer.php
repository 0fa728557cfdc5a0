<?php
/** The other end of a socket for rows: a process that is late. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

/** A child that has said that it is up. What it says then can be read from the pipe. */
function late_child(string $code, string ...$arguments): array
{
    $process = proc_open([PHP_BINARY, '-n', '-r', "echo 'up\n'; $code", ...$arguments], [['pipe', 'r'], ['pipe', 'w']], $pipes);
    fgets($pipes[1]);
    return [$process, $pipes];
}

/** The address a child says it listens at. */
function late_server(string $code, string ...$arguments): array
{
    $child = late_child('$l = stream_socket_server("tcp://127.0.0.1:0"); echo stream_socket_get_name($l, false), "\n"; $peer = stream_socket_accept($l); ' . $code, ...$arguments);
    return [trim(fgets($child[1][1])), $child];
}

/** A setup: a PHP stream whose other end does $code with $peer, 120 ms after it was accepted. */
function late_stream(string $code): \Closure
{
    return static function () use ($code): array {
        [$address, $child] = late_server('usleep(120_000); ' . $code . ' usleep(300_000);');
        return [stream_socket_client("tcp://$address"), $child];
    };
}

/** A setup: the address of a TLS server that does $code with $peer once the handshake, 120 ms late, is over. */
function late_tls(string $code): \Closure
{
    return static function () use ($code): array {
        require_once __DIR__ . '/../../include/tls.inc';
        $handshake = 'stream_context_set_option($peer, "ssl", "local_cert", $argv[1]); usleep(120_000);'
            . 'stream_socket_enable_crypto($peer, true, STREAM_CRYPTO_METHOD_TLS_SERVER); ';
        return late_server("$handshake $code usleep(200_000);", \Tusk\Tests\tls_certificate());
    };
}

/** Of a client that takes whatever certificate it is shown. */
function trusting(): mixed
{
    return stream_context_create(['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]);
}

/** A setup: a listener that accepts nobody, with its queue full, and its port: a connect to it waits. */
function full_listener(): array
{
    $listener = socket_create(AF_INET, SOCK_STREAM, 0);
    socket_bind($listener, '127.0.0.1');
    socket_listen($listener, 0);
    socket_getsockname($listener, $address, $port);
    for ($i = 0; $i < 3; $i++) {
        $kept[] = $socket = socket_create(AF_INET, SOCK_STREAM, 0);
        socket_set_nonblock($socket);
        @socket_connect($socket, '127.0.0.1', $port);
    }
    usleep(20_000);
    return [[$listener, $kept], $port];
}
