<?php
/**
 * A TCP proxy between a test and its server, which does what networks do when they fail.
 * Arguments: port, the server's port, control port. Over the control port, a line each, answered
 * by a line:
 *
 *   pass        everything goes through (what was held back, too)
 *   hole        nothing goes through any more, either way; new connections are accepted and ignored
 *   slow MS     each piece of the server's bytes comes so much later
 *   half        the server's ends are closed; the clients' stay open and silent
 *   reset       all connections are reset
 *   cut BYTES   each connection is reset after so many more bytes of the server
 *   refuse      nobody listens any more, until "pass"; connections that are there go on
 *   count       how many connections there are
 *   accepted    how many there were, ever
 *
 * Modes hold for connections that are there and for later ones.
 */

declare(strict_types=1);

[, $port, $server, $control] = array_map('intval', $argv);
$listen = fn (int $port) => stream_socket_server("tcp://127.0.0.1:$port", $code, $message) ?: exit("$message\n");
$front = $listen($port);
$commands = $listen($control);
/** @var array<int, array{client: resource, server: ?resource, left: ?int, late: list<array{float, string}>}> */
$pairs = [];
/** @var array<int, resource> */
$operators = [];
[$mode, $number, $accepted] = ['pass', 0, 0];

$write = static function ($stream, string $bytes): bool {
    stream_set_blocking($stream, true);
    while ($bytes !== '') {
        $sent = @fwrite($stream, $bytes);
        if (!$sent) {
            return false;
        }
        $bytes = substr($bytes, $sent);
    }
    stream_set_blocking($stream, false);
    return true;
};
/** With a reset instead of a goodbye, where ext/sockets is there. */
$reset = static function ($stream): void {
    if (is_resource($stream)) {
        if (function_exists('socket_import_stream')) {
            socket_set_option(socket_import_stream($stream), SOL_SOCKET, SO_LINGER, ['l_onoff' => 1, 'l_linger' => 0]);
        }
        fclose($stream);
    }
};
$drop = static function (int $id) use (&$pairs, $reset): void {
    $reset($pairs[$id]['client']);
    $pairs[$id]['server'] !== null && $reset($pairs[$id]['server']);
    unset($pairs[$id]);
};
$obey = static function (string $line) use (&$pairs, &$mode, &$number, &$front, &$accepted, $drop, $listen, $port): string {
    [$word, $argument] = explode(' ', "$line 0");
    $number = (int) $argument;
    switch ($word) {
        case 'count':
            return (string) count($pairs);
        case 'accepted':
            return (string) $accepted;
        case 'refuse':
            $front !== null && fclose($front);
            $front = null;
            break;
        case 'reset':
            array_map($drop, array_keys($pairs));
            break;
        case 'half':
            foreach ($pairs as &$pair) {
                $pair['server'] !== null && fclose($pair['server']);
                $pair['server'] = null;
            }
            break;
        default:
            $mode = $word;
            $front ??= $listen($port);
            foreach ($pairs as &$pair) {
                $pair['left'] = $word === 'cut' ? $number : null;
            }
    }
    return 'ok';
};
while (true) {
    $read = [$commands, ...$operators];
    $front === null || $read[] = $front;
    $wait = null;
    foreach ($pairs as $pair) {
        if ($mode !== 'hole' && $pair['server'] !== null) {
            array_push($read, $pair['client'], $pair['server']);
        }
        foreach ($pair['late'] as [$due]) {
            $wait = min($wait ?? INF, max(0, $due - microtime(true)));
        }
    }
    $none = $error = null;
    stream_select($read, $none, $error, $wait === null ? null : 0, $wait === null ? null : (int) ($wait * 1e6) + 1);
    foreach ($pairs as $id => &$pair) {
        while ($mode !== 'hole' && isset($pair['late'][0]) && $pair['late'][0][0] <= microtime(true)) {
            [, $bytes] = array_shift($pair['late']);
            if ($bytes === '' || !$write($pair['client'], $bytes)) {
                $drop($id);
                break;
            }
        }
    }
    unset($pair);
    foreach ($read as $stream) {
        if ($stream === $commands) {
            $operator = stream_socket_accept($commands);
            $operators[(int) $operator] = $operator;
            continue;
        }
        if (isset($operators[(int) $stream])) {
            $line = fgets($stream);
            if ($line === false) {
                unset($operators[(int) $stream]);
                fclose($stream);
            } else {
                fwrite($stream, $obey(trim($line)) . "\n");
            }
            continue;
        }
        if ($stream === $front) {
            $client = stream_socket_accept($front);
            $behind = @stream_socket_client("tcp://127.0.0.1:$server");
            $accepted++;
            if ($behind === false) {
                $reset($client);
                continue;
            }
            stream_set_blocking($client, false);
            stream_set_blocking($behind, false);
            $left = $mode === 'cut' ? $number : null;
            $pairs[(int) $client] = ['client' => $client, 'server' => $behind, 'left' => $left, 'late' => []];
            continue;
        }
        foreach ($pairs as $id => &$pair) {
            if ($stream !== $pair['client'] && $stream !== $pair['server']) {
                continue;
            }
            if ($pair['server'] === null) {
                // Its fate was told after select() had found it.
                break;
            }
            $bytes = (string) @fread($stream, 65536);
            if ($stream === $pair['client']) {
                if ($bytes === '' || !$write($pair['server'], $bytes)) {
                    $drop($id);
                }
                break;
            }
            if ($pair['left'] !== null) {
                $pair['left'] -= strlen($bytes);
                $bytes = substr($bytes, 0, max(0, strlen($bytes) + min(0, $pair['left'])));
            }
            if ($mode === 'slow' || $pair['late'] !== []) {
                $pair['late'][] = [microtime(true) + ($mode === 'slow' ? $number / 1000 : 0), $bytes];
                if ($bytes === '') {
                    fclose($pair['server']);
                    $pair['server'] = null;
                }
            } elseif ($bytes === '' || !$write($pair['client'], $bytes) || ($pair['left'] ?? 1) <= 0) {
                $drop($id);
            }
            break;
        }
        unset($pair);
    }
}
