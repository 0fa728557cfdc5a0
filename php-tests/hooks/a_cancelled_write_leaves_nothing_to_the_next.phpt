--TEST--
A write that was cancelled after a part leaves nothing to the next write, or to the next connection in its place
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../include/tls.inc';

function pair(): array
{
    return stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
}

// A write whose wait has sent something, and that is cancelled then.
function cancelled_after_a_part($to, $from): void
{
    $writer = Tusk\go(static function () use ($to): void {
        try {
            fwrite($to, str_repeat('x', 32 << 20));
        } catch (Tusk\CancelledException) {
            echo 'cancelled, ';
        }
    });
    stream_set_blocking($from, false);
    for ($i = 0; $i < 2; $i++) {
        $read = [$from];
        stream_select($read, $none, $none, 30);
        while ((string) fread($from, 65536) !== '');
    }
    $writer->cancel();
    try {
        $writer->join();
    } catch (Tusk\CancelledException) {
    }
}

function writes(string $what, $to): void
{
    echo "$what: ", json_encode([fwrite($to, 'hello'), fwrite($to, 'hello')]), "\n";
}

// Somebody else must be there, or PHP's own functions are called.
$other = Tusk\go(static fn() => Tusk\sleep(60));

[$a, $b] = pair();
cancelled_after_a_part($a, $b);
while ((string) fread($b, 65536) !== ''); // room again
writes('the same', $a);

// The allocator gives the two places out again, in an order that is its own.
for ($i = 0; $i < 2; $i++) {
    [$a, $b] = pair();
    cancelled_after_a_part($a, $b);
    fclose($a);
    fclose($b);
    $new = pair();
    writes('another in its place', $new[$i]);
}

$certificate = Tusk\Tests\tls_certificate();
$server = stream_socket_server('tls://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN,
    stream_context_create(['ssl' => ['local_cert' => $certificate]]));
$context = stream_context_create(['ssl' => ['cafile' => $certificate, 'peer_name' => 'localhost']]);
$name = stream_socket_get_name($server, false);
function connected(): array
{
    global $server, $context, $name;
    $peer = Tusk\go(static fn() => stream_socket_accept($server, 30));
    $client = stream_socket_client("tls://$name", $code, $message, 30, STREAM_CLIENT_CONNECT, $context);
    return [$client, $peer->join()];
}

[$a, $b] = connected();
cancelled_after_a_part($a, $b);
stream_set_blocking($b, true);
fclose($a);
$new = connected();
writes('over TLS', $new[0]);
$other->cancel();
?>
--EXPECT--
cancelled, the same: [5,5]
cancelled, another in its place: [5,5]
cancelled, another in its place: [5,5]
cancelled, over TLS: [5,5]
