<?php
/**
 * A name server that answers late: php slow_dns_server.php ADDRESS:PORT MILLISECONDS. Says "up" when it
 * listens, and ends with its standard input.
 *
 * It knows the names of ZONE. An address that is asked for backwards has the name slow.test; whatever
 * else is asked for does not exist.
 */

declare(strict_types=1);

const ZONE = [
    // In an order that getaddrinfo(3) would change: nothing leads to the first two.
    'slow.test' => ['A' => ['192.0.2.9', '192.0.2.1', '127.0.0.1'], 'AAAA' => [], 'TXT' => ['late', 'later'], 'MX' => [[20, 'b.slow.test'], [10, 'a.slow.test']]],
    'here.test' => ['A' => ['127.0.0.1'], 'AAAA' => []],
];
const TYPES = [1 => 'A', 12 => 'PTR', 15 => 'MX', 16 => 'TXT', 28 => 'AAAA'];

function name_bytes(string $name): string
{
    return implode('', array_map(static fn (string $label): string => chr(strlen($label)) . $label, explode('.', $name))) . "\0";
}

/** @return array{string, int, int} the name that is asked for, its type, and where the question ends */
function question(string $packet): array
{
    $labels = [];
    for ($at = 12; ($length = ord($packet[$at])) > 0; $at += $length + 1) {
        $labels[] = strtolower(substr($packet, $at + 1, $length));
    }
    return [implode('.', $labels), unpack('n', $packet, $at + 1)[1], $at + 5];
}

/** @return ?list<string> the records' data; null where there is no such name */
function records(string $name, string $type): ?array
{
    if (str_ends_with($name, '.in-addr.arpa')) {
        return $type === 'PTR' ? [name_bytes('slow.test')] : [];
    }
    return isset(ZONE[$name]) ? array_map(static fn (mixed $data): string => match ($type) {
        'A', 'AAAA' => inet_pton($data),
        'TXT' => chr(strlen($data)) . $data,
        'MX' => pack('n', $data[0]) . name_bytes($data[1]),
    }, ZONE[$name][$type] ?? []) : null;
}

function answer(string $packet): string
{
    [$name, $type, $end] = question($packet);
    $records = records($name, TYPES[$type] ?? '');
    $flags = 0x8180 | ($records === null ? 3 : 0);
    $answer = substr($packet, 0, 2) . pack('n5', $flags, 1, count($records ?? []), 0, 0) . substr($packet, 12, $end - 12);
    foreach ($records ?? [] as $data) {
        $answer .= "\xC0\x0C" . pack('nnNn', $type, 1, 60, strlen($data)) . $data;
    }
    return $answer;
}

[, $address, $milliseconds] = $argv;
$socket = stream_socket_server("udp://$address", $code, $message, STREAM_SERVER_BIND) ?: exit("$message\n");
echo "up\n";
$due = [];
for (;;) {
    [$read, $write, $except] = [[$socket, STDIN], null, null];
    $left = $due ? max(0, $due[0][0] - hrtime(true)) : 1_000_000_000;
    stream_select($read, $write, $except, 0, intdiv($left, 1000));
    if (in_array(STDIN, $read, true)) {
        exit;
    }
    if ($read) {
        $packet = stream_socket_recvfrom($socket, 512, 0, $peer);
        $due[] = [hrtime(true) + (int) $milliseconds * 1_000_000, answer($packet), $peer];
    }
    while ($due && $due[0][0] <= hrtime(true)) {
        [, $answer, $peer] = array_shift($due);
        stream_socket_sendto($socket, $answer, 0, $peer);
    }
}
