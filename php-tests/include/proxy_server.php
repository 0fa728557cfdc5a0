<?php
/** The process behind proxy.inc, which documents the words: proxy_server.php PORT SERVER-PORT CONTROL-PORT */

declare(strict_types=1);

[, $port, $server, $control] = $argv;

/** Two sockets that belong together, and what waits to be written to each. */
final class Pair
{
    /** Bytes for the server, for the client: [when, bytes]. */
    public array $waiting = [[], []];
    public bool $cut_at_answer = false;

    /** @param list<Socket|null> $ends client, server */
    public function __construct(public array $ends)
    {
    }

    public function close(bool $reset = false): void
    {
        foreach ($this->ends as $end) {
            if ($end !== null) {
                $reset && socket_set_option($end, SOL_SOCKET, SO_LINGER, ['l_onoff' => 1, 'l_linger' => 0]);
                socket_close($end);
            }
        }
        $this->ends = [null, null];
    }
}

function listening(int $port): Socket
{
    $socket = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
    socket_set_option($socket, SOL_SOCKET, SO_REUSEADDR, 1);
    socket_bind($socket, '127.0.0.1', $port) && socket_listen($socket, 512) || exit("port $port: " . socket_strerror(socket_last_error()) . "\n");
    socket_set_nonblock($socket);
    return $socket;
}

$listener = listening((int) $port);
$controls = listening((int) $control);
$controller = null;
$said = '';
echo "listening\n";

$mode = 'pass';
$number = 0;
$delay = 0;
$seen = ['requests' => 0, 'connections' => 0];
/** @var array<int, Pair> $pairs */
$pairs = [];

$obey = function (string $word, int $count) use (&$mode, &$number, &$delay, &$pairs): void {
    switch ($word) {
        case 'cut all':
        case 'reset all':
            foreach ($pairs as $pair) {
                $pair->close($word === 'reset all');
            }
            return;
        case 'half all':
            foreach ($pairs as $pair) {
                $pair->ends[1] === null || socket_close($pair->ends[1]);
                $pair->ends[1] = null;
            }
            return;
        case 'slow':
            $delay = $count;
            $mode = 'pass';
            return;
        default:
            [$mode, $number, $delay] = [$word, $count, 0];
    }
};

while (true) {
    $now = hrtime(true);
    $reads = [$listener, $controls];
    $controller === null || $reads[] = $controller;
    $writes = [];
    $until = null;
    foreach ($pairs as $id => $pair) {
        if ($pair->ends[0] === null) {
            unset($pairs[$id]);
            continue;
        }
        foreach ($pair->ends as $side => $end) {
            if ($end === null) {
                continue;
            }
            $reads[] = $end;
            // What the client sent waits for the server, index 0, and the other way round.
            $next = $pair->waiting[1 - $side][0] ?? null;
            $stopped = $side === 1 ? $mode === 'hold' : $mode === 'mute';
            if ($next !== null && !$stopped) {
                if ($next[0] <= $now) {
                    $writes[] = $end;
                } else {
                    $until = min($until ?? PHP_INT_MAX, $next[0]);
                }
            }
        }
    }
    $wait = $until === null ? null : max(0, intdiv($until - $now, 1000) + 1);
    $except = null;
    if (@socket_select($reads, $writes, $except, $wait === null ? null : intdiv($wait, 1_000_000), ($wait ?? 0) % 1_000_000) === false) {
        continue;
    }
    foreach ($reads as $socket) {
        if ($socket === $listener) {
            $client = socket_accept($listener);
            if ($client === false) {
                continue;
            }
            $seen['connections']++;
            socket_set_option($client, SOL_TCP, TCP_NODELAY, 1);
            if ($mode === 'refuse') {
                socket_close($client);
                continue;
            }
            $upstream = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
            if (!@socket_connect($upstream, '127.0.0.1', (int) $server)) {
                socket_close($client);
                continue;
            }
            socket_set_option($upstream, SOL_TCP, TCP_NODELAY, 1);
            socket_set_nonblock($client);
            socket_set_nonblock($upstream);
            $pairs[] = new Pair([$client, $upstream]);
        } elseif ($socket === $controls) {
            $controller = socket_accept($controls) ?: null;
        } elseif ($socket === $controller) {
            $bytes = socket_read($controller, 65536);
            if ($bytes === false || $bytes === '') {
                exit;
            }
            $said .= $bytes;
            while (($end = strpos($said, "\n")) !== false) {
                $obey(...json_decode(substr($said, 0, $end), true));
                $said = substr($said, $end + 1);
                socket_write($controller, json_encode($seen) . "\n");
            }
        }
    }
    foreach ($pairs as $pair) {
        foreach ([0, 1] as $side) {
            $end = $pair->ends[$side];
            if ($end === null || !in_array($end, $reads, true)) {
                continue;
            }
            $bytes = @socket_read($end, 65536);
            if ($bytes === false || $bytes === '') {
                $pair->close();
                continue;
            }
            if ($side === 0) {
                $seen['requests']++;
                if ($mode === 'cut before' && $number > 0) {
                    $number--;
                    $pair->close();
                    continue;
                }
                if ($mode === 'cut after' && $number > 0) {
                    $number--;
                    $pair->cut_at_answer = true;
                }
            } elseif ($pair->cut_at_answer) {
                $pair->close();
                continue;
            }
            $pair->waiting[$side][] = [hrtime(true) + $delay * 1_000_000, $bytes];
        }
    }
    foreach ($pairs as $pair) {
        foreach ([0, 1] as $side) {
            $end = $pair->ends[$side];
            if ($end === null || !in_array($end, $writes, true)) {
                continue;
            }
            [, $bytes] = $pair->waiting[1 - $side][0];
            $written = @socket_write($end, $bytes);
            if ($written === false) {
                $pair->close();
            } elseif ($written === strlen($bytes)) {
                array_shift($pair->waiting[1 - $side]);
            } else {
                $pair->waiting[1 - $side][0][1] = substr($bytes, $written);
            }
        }
    }
}
