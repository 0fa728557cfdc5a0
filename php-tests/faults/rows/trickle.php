<?php
/** Short reads and writes: the peer passes one byte at a time; buffers hold next to nothing. */

declare(strict_types=1);

namespace Tusk\Tests\Faults;

require_once __DIR__ . '/../harness/faults.php';

use Tusk\Tests\Matrix\Row;

$rows = [];
foreach (require __DIR__ . '/../harness/calls.php' as $name => [$port, $call, $needs]) {
    $rows[] = through_proxy($name, $call, "127.0.0.1:$port", 'byte', 0, $needs);
}
/** A reader that takes little at a time and says at the end what it got. */
$reader = static function (): array {
    $code = '$l = stream_socket_server("tcp://127.0.0.1:0"); echo stream_socket_get_name($l, false), "\n"; $p = stream_socket_accept($l); $got = "";'
        . 'while (!feof($p)) { $got .= fread($p, 3000); } echo strlen($got), " ", md5($got), "\n";';
    $process = proc_open([PHP_BINARY, '-n', '-r', $code], [1 => ['pipe', 'w']], $pipes);
    return [$process, $pipes[1], trim(fgets($pipes[1]))];
};
$small = static fn (string $name, \Closure $write): Row => new Row("$name, a small SO_SNDBUF", 'fault', static function (array $reader) use ($write): array {
    [$host, $port] = explode(':', $reader[2]);
    $socket = socket_create(AF_INET, SOCK_STREAM, 0);
    socket_set_option($socket, SOL_SOCKET, SO_SNDBUF, 1);
    socket_connect($socket, $host, (int) $port);
    $written = $write($socket);
    unset($socket);
    return [$written, fgets($reader[1])];
}, setup: $reader, needs: ['extension:sockets'], limit: LIMIT);
$text = static fn (): string => str_repeat('0123456789abcdef-', 20_000);

return [
    ...$rows,
    $small('fwrite', static fn (\Socket $socket): mixed => fwrite(socket_export_stream($socket), $text())),
    $small('fwrite in pieces', static function (\Socket $socket) use ($text): mixed {
        $stream = socket_export_stream($socket);
        return array_sum(array_map(static fn (string $part): int => fwrite($stream, $part), str_split($text(), 7000)));
    }),
    $small('stream_copy_to_stream', static function (\Socket $socket) use ($text): mixed {
        file_put_contents('source', $text());
        return stream_copy_to_stream(fopen('source', 'r'), socket_export_stream($socket));
    }),
    $small('socket_write until all is', static function (\Socket $socket) use ($text): mixed {
        for ($rest = $text(), $sent = 0; $rest !== ''; $rest = substr($rest, $n), $sent += $n) {
            $n = socket_write($socket, $rest);
        }
        return $sent;
    }),
    $small('socket_send', static fn (\Socket $socket): mixed => socket_send($socket, $text(), strlen($text()), 0)),
    $small('socket_sendmsg', static fn (\Socket $socket): mixed => socket_sendmsg($socket, ['iov' => str_split($text(), 50_000)], 0)),
];
