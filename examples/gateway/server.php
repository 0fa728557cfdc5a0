<?php
/**
 * A small HTTP/1.1 server on PHP streams: a coroutine per connection, requests of one
 * connection one after the other. It stands in where workerman is not installed.
 *
 * Bounds: 8 KiB a line, 100 header lines, 1 MiB a body, 60 s between two requests.
 */

declare(strict_types=1);

namespace Gateway;

const MAX_LINE = 8192;
const MAX_HEADERS = 100;
const MAX_BODY = 1 << 20;
const IDLE_SECONDS = 60;

/** Serves until the process is ended. */
function serve(string $address): void
{
    $listener = stream_socket_server("tcp://$address", $code, $message)
        ?: throw new \RuntimeException("cannot listen on $address: $message");
    while (true) {
        $connection = @stream_socket_accept($listener, 3600.0);
        if ($connection !== false) {
            \Tusk\go(serve_connection(...), $connection);
        }
    }
}

/** @param resource $connection */
function serve_connection($connection): void
{
    stream_set_timeout($connection, IDLE_SECONDS);
    do {
        [$request, $keep, $problem] = read_request($connection);
        if ($request === null && $problem === null) {
            break;
        }
        $response = $request === null ? new Response("$problem\n", status: 400) : handle($request);
        $written = fwrite($connection, to_bytes($response, $keep));
    } while ($keep && $written !== false);
    close($connection);
}

/**
 * Closing while something unread is left would reset the connection and take the answer
 * with it, so a little more is read.
 *
 * @param resource $connection
 */
function close($connection): void
{
    stream_socket_shutdown($connection, STREAM_SHUT_WR);
    stream_set_timeout($connection, 1);
    for ($i = 0; $i < 8 && !in_array(fread($connection, 8192), ['', false], true); $i++) {
    }
    fclose($connection);
}

/**
 * Reads one request: the request, whether the connection goes on after it, and what is
 * wrong with it. All null when the client has gone.
 *
 * @param resource $connection
 * @return array{?Request, bool, ?string}
 */
function read_request($connection): array
{
    $line = fgets($connection, MAX_LINE);
    if ($line === false) {
        return [null, false, null];
    }
    if (!preg_match('~^[A-Z]+ (/\S*) HTTP/1\.([01])\r?\n$~', $line, $parts)) {
        return [null, false, 'This is no HTTP/1 request.'];
    }
    $headers = [];
    $lines = 0;
    while (($line = fgets($connection, MAX_LINE)) !== false && rtrim($line) !== '') {
        if (++$lines > MAX_HEADERS || !str_contains($line, ':')) {
            return [null, false, 'The header is too long or not a header.'];
        }
        [$name, $value] = explode(':', $line, 2);
        $headers[strtolower($name)] = trim($value);
    }
    $length = $headers['content-length'] ?? '0';
    // A body whose length is not known for sure would be read as the next request.
    if ($line === false || isset($headers['transfer-encoding']) || !ctype_digit($length) || $length > MAX_BODY) {
        return [null, false, 'The request is cut off, or its body is not one that is taken here.'];
    }
    $body = '';
    while (strlen($body) < (int) $length) {
        $part = fread($connection, (int) $length - strlen($body));
        if ($part === false || $part === '') {
            return [null, false, null];
        }
        $body .= $part;
    }
    parse_str((string) parse_url($parts[1], PHP_URL_QUERY), $query);
    $request = new Request((string) parse_url($parts[1], PHP_URL_PATH), $query, $body);
    $wish = strtolower($headers['connection'] ?? '');
    return [$request, $parts[2] === '1' ? $wish !== 'close' : $wish === 'keep-alive', null];
}

function to_bytes(Response $response, bool $keep): string
{
    $reason = [200 => 'OK', 400 => 'Bad Request', 404 => 'Not Found', 500 => 'Internal Server Error', 503 => 'Service Unavailable'];
    return "HTTP/1.1 $response->status {$reason[$response->status]}\r\n"
        . "Content-Type: $response->type\r\n"
        . 'Content-Length: ' . strlen($response->body) . "\r\n"
        . 'Connection: ' . ($keep ? 'keep-alive' : 'close') . "\r\n\r\n"
        . $response->body;
}
