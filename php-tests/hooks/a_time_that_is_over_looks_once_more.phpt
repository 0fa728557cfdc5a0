--TEST--
On a busy loop a timeout that has passed meanwhile finds what is there, as poll(2) does when it has slept too long
--FILE--
<?php
/** Computes for 20 ms, as a neighbour that does not give way, and then does what is awaited. */
function late(Closure $does): void
{
    Tusk\go(function () use ($does) {
        for ($end = hrtime(true) + 20_000_000; hrtime(true) < $end;);
        $does();
    });
}
for ($try = 0; $try < 5; $try++) {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    stream_set_timeout($b, 0, 1000);
    late(fn () => fwrite($a, "line\n"));
    $seen["fgets"][] = fgets($b);
    // The first read after a write does not look before it waits.
    late(fn () => fwrite($a, "answer\n"));
    fwrite($b, 'question');
    $seen["fgets of an answer"][] = fgets($b);
    late(fn () => fwrite($a, 'x'));
    [$read, $write, $except] = [[$b], null, null];
    $seen["stream_select"][] = stream_select($read, $write, $except, 0, 1000);
    fread($b, 10);
    late(fn () => fclose($a));
    $seen["the end"][] = [fgets($b), feof($b), stream_get_meta_data($b)['timed_out']];
    if (extension_loaded('sockets')) {
        socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
        socket_set_option($pair[1], SOL_SOCKET, SO_RCVTIMEO, ['sec' => 0, 'usec' => 1000]);
        late(fn () => socket_write($pair[0], 'there'));
        $seen['socket_read'][] = socket_read($pair[1], 10);
    } else {
        $seen['socket_read'][] = 'there';
    }
    $server = stream_socket_server('tcp://127.0.0.1:0');
    late(function () use ($server, &$client) { $client = stream_socket_client(stream_socket_get_name($server, false), flags: STREAM_CLIENT_ASYNC_CONNECT | STREAM_CLIENT_CONNECT); });
    $seen['accept'][] = is_resource(stream_socket_accept($server, 0.001));
}
foreach ($seen as $what => $results) {
    echo "$what: ", implode(' or ', array_unique(array_map(fn (mixed $one): string => json_encode($one), $results))), "\n";
}
?>
--EXPECT--
fgets: "line\n"
fgets of an answer: "answer\n"
stream_select: 1
the end: [false,true,false]
socket_read: "there"
accept: true
