<?php
// A small HTTP server in plain PHP, in a process of its own. Prints its address.
// GET /wait/N answers when N such requests are open at once: only clients that overlap
// ever get an answer.

$server = stream_socket_server('tcp://127.0.0.1:0');
echo stream_socket_get_name($server, false), "\n";
$waiting = [];
while ($client = @stream_socket_accept($server, 30)) {
    $path = explode(' ', fgets($client))[1] ?? '/';
    while (trim(fgets($client)) !== '') {
    }
    if (preg_match('~^/wait/(\d+)$~', $path, $match)) {
        $waiting[] = $client;
        if (count($waiting) < $match[1]) {
            continue;
        }
    } else {
        $waiting = [$client];
    }
    foreach ($waiting as $number => $open) {
        $body = "$path $number";
        fwrite($open, "HTTP/1.1 200 OK\r\nContent-Length: " . strlen($body) . "\r\nConnection: close\r\n\r\n$body");
        fclose($open);
    }
    $waiting = [];
}
