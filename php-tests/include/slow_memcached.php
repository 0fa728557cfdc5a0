<?php
/**
 * php -n slow_memcached.php PORT: answers every get with the value "late" after 80 ms, and
 * nothing else; a connection at a time is enough.
 */

declare(strict_types=1);

$listener = stream_socket_server("tcp://127.0.0.1:{$argv[1]}");
while ($client = @stream_socket_accept($listener, 3600)) {
    while (($line = fgets($client)) !== false) {
        if (preg_match('/^gets? (\S+)/', $line, $match)) {
            usleep(80_000);
            @fwrite($client, "VALUE $match[1] 0 4\r\nlate\r\nEND\r\n");
        } elseif (str_starts_with($line, 'version')) {
            fwrite($client, "VERSION 1.6.0\r\n");
        }
    }
    fclose($client);
}
