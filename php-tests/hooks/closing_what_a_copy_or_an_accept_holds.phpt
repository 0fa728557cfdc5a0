--TEST--
fclose() of a PHP stream that a call holds while it waits in another one ends that call, and nothing else
--EXTENSIONS--
openssl
--INI--
default_socket_timeout=-1
--FILE--
<?php
require __DIR__ . '/../include/tls.inc';
error_reporting(0);

function pair(): array
{
    return stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
}

/** One waits in a copy for what never comes; the other closes. Then what it waited in goes on. */
function closed(string $what, callable $waits, $stream, ?callable $then = null): void
{
    $waiter = Tusk\go($waits);
    Tusk\sleep(0); // now it waits: nothing can come
    fclose($stream);
    echo "$what: ", json_encode($waiter->join()), $then ? ' ' . json_encode($then()) : '', "\n";
}

// Both directions of a proxy, as it ends: neither end has a time limit.
[$browser, $client] = pair();
[$service, $upstream] = pair();
$up = Tusk\go(static fn() => stream_copy_to_stream($client, $upstream));
$down = Tusk\go(static function () use ($client, $upstream): void {
    stream_copy_to_stream($upstream, $client);
    fclose($upstream);
    echo "the upstream is closed\n";
    fclose($client);
    echo "the client is closed\n";
});
fclose($service);
$down->join();
echo 'copied: ', json_encode($up->join()), ' ', json_encode(fread($browser, 1)), "\n";

[$a, $b] = pair();
[$c, $d] = pair();
closed('a socket is read', static fn() => stream_copy_to_stream($b, $c), $c,
    static fn() => [feof($b), fwrite($a, "kept\n"), fgets($b)]);

[$a, $b] = pair();
[$c, $d] = pair();
fwrite($a, str_repeat('x', 100_000));
stream_set_blocking($c, false);
while (fwrite($c, str_repeat('y', 8192))); // no room
stream_set_blocking($c, true);
closed('a socket is written', static fn() => stream_copy_to_stream($b, $c), $b,
    static fn() => [strlen(stream_get_contents($d, 1000)), fclose($c)]);

[$a, $b] = pair();
[$c, $d] = pair();
$first = Tusk\go(static fn() => fgets($b));
Tusk\sleep(0);
closed('the queue of a socket', static fn() => stream_copy_to_stream($b, $c), $c,
    static fn() => [fwrite($a, "first\nthen\n"), $first->join(), fgets($b)]);

$child = proc_open([PHP_BINARY, '-n', '-r', 'fgets(STDIN); echo "from the child\n";'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
[$c, $d] = pair();
closed('a pipe is read', static fn() => stream_copy_to_stream($pipes[1], $c), $c,
    static fn() => [feof($pipes[1]), fwrite($pipes[0], "\n"), fgets($pipes[1])]);
proc_close($child);

// Who closes while others hold it already, and who comes while it is being closed.
[$a, $b] = pair();
[$c, $d] = pair();
$copies = [];
for ($i = 0; $i < 3; $i++) {
    $copies[] = Tusk\go(static fn() => stream_copy_to_stream($b, $c));
}
Tusk\sleep(0);
closed('four copies', static fn() => stream_copy_to_stream($b, $c), $c,
    static fn() => array_map(static fn($copy) => $copy->join(), $copies));

$certificate = Tusk\Tests\tls_certificate();
$server = stream_socket_server('ssl://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN,
    stream_context_create(['ssl' => ['local_cert' => $certificate]]));
$silent = stream_socket_client('tcp://' . stream_socket_get_name($server, false));
// The handshake has begun when the connection is taken from the queue, and is a PHP stream.
$before = count(get_resources('stream'));
$accepting = Tusk\go(static fn() => stream_socket_accept($server, 60));
while (count(get_resources('stream')) === $before) {
    Tusk\sleep(0);
}
fclose($server);
echo 'a handshake: ', json_encode($accepting->join()), ' ', json_encode([fread($silent, 1), feof($silent)]), "\n";
?>
--EXPECT--
the upstream is closed
the client is closed
copied: false ""
a socket is read: false [false,5,"kept\n"]
a socket is written: false [1000,true]
the queue of a socket: false [11,"first\n","then\n"]
a pipe is read: false [false,1,"from the child\n"]
four copies: false [false,false,false]
a handshake: false ["",true]
