--TEST--
Who reads a TLS stream that always has data lets others run
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../include/tls.inc';
$certificate = Tusk\Tests\tls_certificate();
$server = stream_socket_server('tls://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN,
    stream_context_create(['ssl' => ['local_cert' => $certificate]]));
// It fits into the buffers of the sockets: the writer does not wait for the reader.
const BYTES = 40_000;
$writer = Tusk\go(static function () use ($server): mixed {
    $peer = stream_socket_accept($server, 30);
    fwrite($peer, str_repeat('x', BYTES));
    return $peer;
});
$client = stream_socket_client('tls://' . stream_socket_get_name($server, false), $code, $message, 30, STREAM_CLIENT_CONNECT,
    stream_context_create(['ssl' => ['cafile' => $certificate, 'peer_name' => 'localhost']]));
$peer = $writer->join();
stream_set_read_buffer($client, 0);
$turns = 0;
$reading = true;
Tusk\go(static function () use (&$turns, &$reading): void {
    while ($reading) {
        $turns++;
        Tusk\sleep(0);
    }
});
Tusk\go(static function () use ($client, &$turns, &$reading): void {
    fread($client, 100); // may wait for the first
    $before = $turns;
    $read = 100;
    while ($read < BYTES) {
        $read += strlen(fread($client, 100));
    }
    $reading = false;
    echo $read, ' bytes, ', $turns > $before ? "others ran\n" : "nobody else ran\n";
})->join();
?>
--EXPECT--
40000 bytes, others ran
