<?php
/**
 * A JSON-RPC 2.0 server of plain PHP: port, framing (newline, length, http, chunked).
 * What one read brought is answered in reverse order, except over HTTP. With the framing
 * "close" a response ends with its connection. `held` is answered when `release` was called,
 * on another connection; `calls_back` first calls a method of the client.
 */

declare(strict_types=1);

[, $port, $framing] = $argv;
$notified = 0;
$held = [];
$asking = null;

function respond(mixed $request): ?array
{
    global $notified;
    if (!is_array($request) || !is_string($request['method'] ?? null)) {
        return ['jsonrpc' => '2.0', 'id' => null, 'error' => ['code' => -32600, 'message' => 'Invalid Request']];
    }
    $params = $request['params'] ?? [];
    if (!isset($request['id'])) {
        $notified++;
        return null;
    }
    $answer = match ($request['method']) {
        'echo' => ['result' => $params],
        'subtract' => ['result' => array_is_list($params) ? $params[0] - $params[1] : $params['minuend'] - $params['subtrahend']],
        'notified' => ['result' => $notified],
        'nothing' => ['result' => null],
        'both' => ['result' => 'good', 'error' => null],
        'fail' => ['error' => ['code' => $params[0], 'message' => $params[1], 'data' => $params[2] ?? null]],
        'garbage' => 'garbage',
        'stranger' => ['id' => 'abc', 'result' => 1],
        'hang', 'held' => null,
        'release' => ['result' => release()],
        default => ['error' => ['code' => -32601, 'message' => 'Method not found']],
    };
    return is_array($answer) ? $answer + ['jsonrpc' => '2.0', 'id' => $request['id']] : ($answer === null ? null : [$answer]);
}

/** Answers who called `held`; how many that were. */
function release(): int
{
    global $held;
    foreach ($held as [$stream, $id]) {
        fwrite($stream, framed(json_encode(['jsonrpc' => '2.0', 'id' => $id, 'result' => 'released'])));
    }
    return count(array_splice($held, 0));
}

/** The whole response to a message; null: none. */
function handle(string $message): ?string
{
    $decoded = json_decode($message, true);
    if (is_array($decoded) && array_is_list($decoded)) {
        $answers = array_values(array_filter(array_map(respond(...), $decoded)));
        return $answers === [] ? null : json_encode(array_reverse($answers));
    }
    $answer = respond($decoded);
    return $answer === ['garbage'] ? 'no { json' : ($answer === null ? null : json_encode($answer));
}

/** Takes the next message from the front of the buffer. */
function next_message(string &$buffer): ?string
{
    global $framing;
    switch ($framing) {
        case 'newline':
            $end = strpos($buffer, "\n");
            $from = 0;
            break;
        case 'length':
            $end = strlen($buffer) < 4 ? false : 4 + unpack('N', $buffer)[1];
            $from = 4;
            break;
        default:
            $head = strpos($buffer, "\r\n\r\n");
            $end = $head !== false && preg_match('/^Content-Length: (\d+)/mi', $buffer, $found) ? $head + 4 + (int) $found[1] : false;
            $from = (int) $head + 4;
    }
    if ($end === false || strlen($buffer) < $end) {
        return null;
    }
    $message = substr($buffer, $from, $end - $from);
    if ($from > 4 && !str_starts_with($buffer, 'POST /rpc?v=1 HTTP/1.1')) {
        $message = '"wrong path"';
    }
    $buffer = substr($buffer, $end + ($framing === 'newline' ? 1 : 0));
    return $message;
}

function framed(?string $answer): string
{
    global $framing;
    return match ($framing) {
        'newline' => $answer === null ? '' : "$answer\n",
        'length' => $answer === null ? '' : pack('N', strlen($answer)) . $answer,
        'http' => match ($answer) {
            null => "HTTP/1.1 204 No Content\r\n\r\n",
            'no { json' => "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 9\r\n\r\n$answer",
            default => "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " . strlen($answer) . "\r\n\r\n$answer",
        },
        'close' => "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n$answer",
        'chunked' => $answer === null ? "HTTP/1.1 204 No Content\r\n\r\n" : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            . implode('', array_map(fn (string $part): string => dechex(strlen($part)) . "\r\n$part\r\n", str_split($answer, 7))) . "0\r\n\r\n",
    };
}

$server = stream_socket_server("tcp://127.0.0.1:$port");
$clients = $buffers = [];
while (true) {
    $read = [$server, ...$clients];
    $write = $except = null;
    stream_select($read, $write, $except, null);
    foreach ($read as $stream) {
        if ($stream === $server) {
            $clients[] = stream_socket_accept($server);
            continue;
        }
        $bytes = fread($stream, 65536);
        if ($bytes === '' || $bytes === false) {
            unset($clients[array_search($stream, $clients, true)], $buffers[(int) $stream]);
            fclose($stream);
            continue;
        }
        $buffers[(int) $stream] = ($buffers[(int) $stream] ?? '') . $bytes;
        $answers = [];
        while (($message = next_message($buffers[(int) $stream])) !== null) {
            $request = json_decode($message, true);
            if ($asking !== null && isset($request['error'])) {
                // What the client said to our call is the answer to its own.
                $answers[] = framed(json_encode(['jsonrpc' => '2.0', 'id' => $asking, 'result' => $request]));
                $asking = null;
            } elseif (($request['method'] ?? '') === 'calls_back') {
                $asking = $request['id'];
                $answers[] = framed('{"jsonrpc":"2.0","method":"a notification"}') . framed('{"jsonrpc":"2.0","id":"q-1","method":"client.hello"}');
            } elseif (($request['method'] ?? '') === 'held') {
                $held[] = [$stream, $request['id']];
            } else {
                $answers[] = framed(handle($message));
            }
        }
        fwrite($stream, implode('', in_array($framing, ['http', 'chunked', 'close']) ? $answers : array_reverse($answers)));
        if ($framing === 'close' && $answers !== []) {
            unset($clients[array_search($stream, $clients, true)], $buffers[(int) $stream]);
            fclose($stream);
        }
    }
}
