--TEST--
CONTRACT 11, 12: closing a PHP stream ends who waits in it; nothing is freed under anybody
--FILE--
<?php
/** PHP 8.5 has other words for one of them. */
function words(Throwable $e): string
{
    return str_replace('fclose(): Argument #1 ($stream) must be an open stream resource', 'fclose(): supplied resource is not a valid stream resource', $e->getMessage());
}
function pair(): array
{
    return stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
}

function show(string $what, mixed ...$values): void
{
    echo "$what: ", implode(' ', array_map('json_encode', $values)), "\n";
}

// Runs both, the second when the first waits. The arguments live until both are done.
function meanwhile(callable $waits, callable $then, mixed ...$kept): void
{
    Tusk\run(function () use ($waits, $then) {
        Tusk\go($waits);
        Tusk\go(function () use ($then) {
            Tusk\sleep(0.002);
            $then();
        });
    });
}

[$a, $b] = pair();
meanwhile(
    fn() => show('fread', fread($b, 8192), feof($b)),
    fn() => show('fclose', fclose($b), get_debug_type($b)),
);

[$a, $b] = pair();
meanwhile(function () use ($b) {
    for ($i = 1; $i <= 3; $i++) {
        Tusk\go(fn() => show('fgets', fgets($b)));
    }
}, fn() => fclose($b));

[$a, $b] = pair();
meanwhile(function () use ($a) {
    $sent = fwrite($a, str_repeat('x', 8 << 20));
    show('a part was written', $sent > 0 && $sent < 8 << 20);
}, fn() => fclose($a));

[$a, $b] = pair();
meanwhile(
    fn() => show('stream_get_contents', stream_get_contents($b)),
    function () use ($a, $b) {
        fwrite($a, 'kept');
        Tusk\sleep(0.002);
        fclose($b);
    },
);

// stream_copy_to_stream() uses two, and waits in one at a time.
[$a, $b] = pair();
[$c, $d] = pair();
meanwhile(
    fn() => show('copied', stream_copy_to_stream($b, $c)),
    function () use ($a, $c, $d) {
        Tusk\go(fn() => show('fclose of the other', fclose($c), stream_get_contents($d)));
        Tusk\sleep(0.002);
        fwrite($a, 'part');
        Tusk\sleep(0.002);
        fclose($a);
    },
);

$server = stream_socket_server('tcp://127.0.0.1:0');
meanwhile(function () use ($server) {
    set_error_handler(fn(int $level, string $message) => print("$message\n"));
    show('accept', stream_socket_accept($server, 5));
    restore_error_handler();
}, fn() => fclose($server));

[$a, $b] = pair();
[$c, $d] = pair();
meanwhile(function () use ($b, $d) {
    $read = ['b' => $b, 'd' => $d];
    $count = null;
    try {
        $count = stream_select($read, $none, $none, 5);
    } catch (TypeError $e) {
        echo words($e), "\n"; // PHP's own words for the closed one
    }
    show('select', $count, array_keys($read));
}, function () use ($b, $c) {
    fclose($b);
    Tusk\sleep(0.002);
    fwrite($c, 'x');
});

[$a, $b] = pair();
meanwhile(
    fn() => show('shut down', fread($b, 10), feof($b)),
    fn() => stream_socket_shutdown($b, STREAM_SHUT_RDWR),
);

[$a, $b] = pair();
meanwhile(fn() => show('two who close', fread($b, 10)), function () use ($b) {
    for ($i = 1; $i <= 2; $i++) {
        Tusk\go(function () use ($b) {
            try {
                show('fclose', fclose($b));
            } catch (TypeError $e) {
                echo words($e), "\n";
            }
        });
    }
});

// A persistent PHP stream that is found dead is freed by PHP, not by fclose().
$server = stream_socket_server('tcp://127.0.0.1:0');
[, $port] = explode(':', stream_socket_get_name($server, false));
$client = pfsockopen('127.0.0.1', $port);
$peer = stream_socket_accept($server);
meanwhile(
    fn() => show('persistent', fread($client, 10)),
    function () use ($peer, $port, $client) {
        stream_socket_shutdown($peer, STREAM_SHUT_RDWR);
        $again = pfsockopen('127.0.0.1', $port);
        show('a new one', is_resource($again), $again !== $client);
    },
);
?>
--EXPECT--
fread: false true
fclose: true "resource (closed)"
fgets: false
fgets: false
fgets: false
a part was written: true
stream_get_contents: "kept"
copied: false
fclose of the other: true ""
stream_socket_accept(): Accept failed: Bad file descriptor
accept: false
stream_select(): supplied resource is not a valid stream resource
select: null ["d"]
shut down: "" true
two who close: false
fclose: true
fclose(): supplied resource is not a valid stream resource
persistent: false
a new one: true true
