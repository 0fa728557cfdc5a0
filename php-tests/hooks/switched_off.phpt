--TEST--
With tusk.hooks=none every call is PHP's own and blocks everybody
--INI--
tusk.hooks=none
--FILE--
<?php
Tusk\run(function () {
    $events = [];
    Tusk\go(function () use (&$events) {
        $events[] = 'other';
    });
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    stream_set_timeout($b, 0, 10000);
    $events[] = json_encode(fread($b, 10));
    $read = [$b];
    $events[] = stream_select($read, $none, $none, 0, 1000);
    usleep(1000);
    time_nanosleep(0, 1000);
    $events[] = gethostbyname('localhost');
    $server = stream_socket_server('tcp://127.0.0.1:0');
    $events[] = json_encode(@stream_socket_accept($server, 0.01));
    Tusk\sleep(0.001);
    echo implode(' ', $events), "\n";
});
?>
--EXPECT--
false 0 127.0.0.1 false other
