<?php
/**
 * A proxy that misbehaves: php proxy.php UPSTREAM FAULT BYTES. Prints its port, and ends when its
 * standard input does.
 *
 *   server N   passes N bytes of the server's and then resets the connection
 *   client N   passes N bytes of the client's and then resets the connection
 *   byte 0     passes everything on one byte at a time, both ways
 */

declare(strict_types=1);

/** A reset comes when the client has had the time to take what was sent: it is to find the client waiting. */
const BEFORE_A_RESET_US = 40_000;
/** Bytes that are sent apart for sure; later ones follow each other as fast as they can. */
const BYTES_APART = 300;

[, $upstream, $fault, $bytes] = $argv;
$options = stream_context_create(['socket' => ['tcp_nodelay' => true]]);
$listener = stream_socket_server('tcp://127.0.0.1:0', $code, $error, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $options);
echo substr(strrchr(stream_socket_get_name($listener, false), ':'), 1), "\n";
/** @var array<int, array{resource, resource, string}> $ends by id: itself, the other end, and whose end it is */
$ends = [];
/** @var array<int, int> $left bytes until the reset, by the id of the client's end */
$left = [];

$close = static function (mixed $client, mixed $server, bool $reset) use (&$ends, &$left): void {
    unset($ends[(int) $client], $ends[(int) $server], $left[(int) $client]);
    if ($reset) {
        usleep(BEFORE_A_RESET_US);
        $socket = socket_import_stream($client);
        socket_set_option($socket, SOL_SOCKET, SO_LINGER, ['l_onoff' => 1, 'l_linger' => 0]);
        unset($socket);
    }
    fclose($client);
    fclose($server);
};

while (true) {
    $read = [STDIN, $listener, ...array_column($ends, 0)];
    $write = $except = null;
    stream_select($read, $write, $except, null);
    foreach ($read as $stream) {
        if ($stream === STDIN) {
            exit;
        }
        if ($stream === $listener) {
            $client = stream_socket_accept($listener);
            $server = stream_socket_client("tcp://$upstream", $code, $error, 5, STREAM_CLIENT_CONNECT, $options);
            $ends[(int) $client] = [$client, $server, 'client'];
            $ends[(int) $server] = [$server, $client, 'server'];
            $left[(int) $client] = (int) $bytes;
            if ($bytes === '0' && $fault !== 'byte') {
                $close($client, $server, true);
            }
            continue;
        }
        if (!isset($ends[(int) $stream])) {
            continue;
        }
        [, $other, $whose] = $ends[(int) $stream];
        [$client, $server] = $whose === 'client' ? [$stream, $other] : [$other, $stream];
        $data = (string) @fread($stream, $whose === $fault ? max(1, min(65536, $left[(int) $client])) : 65536);
        if ($data === '') {
            $close($client, $server, false);
            continue;
        }
        foreach ($fault === 'byte' ? str_split($data) : [$data] as $i => $part) {
            @fwrite($other, $part);
            $fault === 'byte' && $i < BYTES_APART && usleep(20);
        }
        if ($whose === $fault && ($left[(int) $client] -= strlen($data)) <= 0) {
            $close($client, $server, true);
        }
    }
}
