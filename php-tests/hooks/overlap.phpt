--TEST--
Every hooked call lets other coroutines run
--FILE--
<?php
require __DIR__ . '/../include/socket_compare.php';

// The call can only end when another coroutine has done its part, so an order of events
// proves the overlap; without it the test would hang, or the call time out.
function overlap(string $name, callable $waits, callable $meanwhile): void
{
    Tusk\run(function () use ($name, $waits, $meanwhile) {
        $events = [];
        Tusk\go(function () use (&$events, $meanwhile) {
            $events[] = 'other';
            $meanwhile();
        });
        $events[] = 'before';
        $result = $waits();
        $events[] = 'after';
        echo "$name: ", implode(' ', $events), ', ', json_encode($result), "\n";
    });
}

[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
overlap('fread', fn() => fread($b, 10), fn() => fwrite($a, 'x'));
overlap('fgets', fn() => fgets($b), function () use ($a) {
    fwrite($a, 'half ');
    Tusk\sleep(0.001);
    fwrite($a, "line\n");
});
overlap('stream_get_contents', fn() => stream_get_contents($b, 4), fn() => fwrite($a, 'four'));
overlap('fwrite', fn() => fwrite($a, str_repeat('x', 4 << 20)), function () use ($b) {
    for ($got = 0; $got < 4 << 20; $got += strlen(fread($b, 65536))) {
    }
});
overlap('stream_select', function () use ($b) {
    $read = [$b];
    return stream_select($read, $none, $none, 5);
}, fn() => fwrite($a, 'x'));
fread($b, 1);
overlap('recvfrom', fn() => stream_socket_recvfrom($b, 10), fn() => stream_socket_sendto($a, 'sent'));
overlap('eof', fn() => [fread($b, 1), feof($b)], fn() => stream_socket_shutdown($a, STREAM_SHUT_WR));

[$server, $address] = listening();
overlap('accept', fn() => is_resource(stream_socket_accept($server, 5)), function () use ($address, &$client) {
    $client = stream_socket_client("tcp://$address");
});
overlap('sleep', fn() => sleep(1), fn() => null);
overlap('usleep', fn() => usleep(1000), fn() => null);
overlap('time_nanosleep', fn() => time_nanosleep(0, 1000000), fn() => null);
overlap('time_sleep_until', fn() => time_sleep_until(microtime(true) + 0.01), fn() => null);
overlap('gethostbyname', fn() => gethostbyname('localhost'), fn() => null);
overlap('gethostbynamel', fn() => array_unique(gethostbynamel('localhost')), fn() => null);
overlap('connect by name', fn() => is_resource(stream_socket_client('tcp://localhost' . strrchr($address, ':'))), fn() => null);

[$full, $unanswered] = listening(['socket' => ['backlog' => 0]]);
for ($i = 0; $i < 3; $i++) {
    $kept[] = @stream_socket_client("tcp://$unanswered", $errno, $error, 0.05);
}
overlap('connect', fn() => @stream_socket_client("tcp://$unanswered", $errno, $error, 0.05), fn() => null);

$udp = stream_socket_server('udp://127.0.0.1:0', $errno, $error, STREAM_SERVER_BIND);
overlap('udp', fn() => stream_socket_recvfrom($udp, 100, 0, $from), function () use ($udp) {
    $client = stream_socket_client('udp://' . stream_socket_get_name($udp, false));
    fwrite($client, 'datagram');
});

$path = sys_get_temp_dir() . '/tusk-' . getmypid() . '.sock';
$unix = stream_socket_server("unix://$path");
overlap('unix', fn() => fread(stream_socket_accept($unix), 10), function () use ($path) {
    fwrite(stream_socket_client("unix://$path"), 'over unix');
});
unlink($path);

// Ten that wait at once take as long as one.
echo 'ten sleeps: ', about(0.2, function () {
    Tusk\run(function () {
        for ($i = 0; $i < 10; $i++) {
            Tusk\go(fn() => usleep(200000));
        }
    });
}), "\n";
?>
--EXPECT--
fread: before other after, "x"
fgets: before other after, "half line\n"
stream_get_contents: before other after, "four"
fwrite: before other after, 4194304
stream_select: before other after, 1
recvfrom: before other after, "sent"
eof: before other after, ["",true]
accept: before other after, true
sleep: before other after, 0
usleep: before other after, null
time_nanosleep: before other after, true
time_sleep_until: before other after, true
gethostbyname: before other after, "127.0.0.1"
gethostbynamel: before other after, ["127.0.0.1"]
connect by name: before other after, true
connect: before other after, false
udp: before other after, "datagram"
unix: before other after, "over unix"
ten sleeps: about 0.2
