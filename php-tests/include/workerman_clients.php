<?php
/** Clients for tests of workerman applications: HTTP on one connection, websocket, lines. */

declare(strict_types=1);

namespace Tusk\Tests;

/** @return resource a connection that gives up after some seconds */
function dial(string $address, array $context = [])
{
    $client = stream_socket_client($address, $code, $message, 10, STREAM_CLIENT_CONNECT, stream_context_create($context));
    $client !== false || throw new \RuntimeException("$address: $message");
    stream_set_timeout($client, 15);
    return $client;
}

/** A GET request as it goes over the wire. */
function get(string $path, string $headers = ''): string
{
    return "GET $path HTTP/1.1\r\nHost: localhost\r\n$headers\r\n";
}

/** The next HTTP answer on a connection: its body, or null when the connection ended. */
function answer($client, ?string &$head = null): ?string
{
    $head = '';
    do {
        $line = fgets($client);
        if ($line === false) {
            return null;
        }
        $head .= $line;
    } while ($line !== "\r\n");
    $length = preg_match('/^content-length:\s*(\d+)/mi', $head, $found) ? (int) $found[1] : 0;
    $body = $length === 0 ? '' : stream_get_contents($client, $length);
    return strlen($body) === $length ? $body : null;
}

/** @return resource a websocket connection after its handshake */
function websocket(string $address, array $context = [])
{
    $client = dial($address, $context);
    fwrite($client, get('/', "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " . base64_encode(random_bytes(16)) . "\r\n"));
    answer($client, $head);
    str_contains($head, ' 101 ') || throw new \RuntimeException("no websocket: $head");
    return $client;
}

/** One short text frame, masked as a client's must be. */
function websocket_frame(string $text): string
{
    $mask = random_bytes(4);
    return "\x81" . chr(0x80 | strlen($text)) . $mask . ($text ^ str_repeat($mask, 1 + intdiv(strlen($text), 4)));
}

/** The next short text frame from a server; null when the connection ended. */
function websocket_text($client): ?string
{
    $head = stream_get_contents($client, 2);
    return strlen($head) < 2 ? null : stream_get_contents($client, ord($head[1]) & 0x7f);
}

/** Waits until a condition holds. */
function eventually(callable $condition, string $what, float $seconds = 10.0): void
{
    $deadline = hrtime(true) + (int) ($seconds * 1e9);
    while (!$condition()) {
        hrtime(true) < $deadline || throw new \RuntimeException("waited in vain until $what");
        usleep(5_000);
    }
}
