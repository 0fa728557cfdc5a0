--TEST--
A hooked TLS client against a plain PHP server gives what the plain client gives
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../include/socket_compare.php';
require __DIR__ . '/../include/socket_certificate.php';

$file = certificate_file();
$process = proc_open([PHP_BINARY, '-n', ...openssl_module(), __DIR__ . '/../include/socket_tls_server.php', $file], [1 => ['pipe', 'w']], $pipes);
$address = trim(fgets($pipes[1]));

function openssl_module(): array
{
    return array_filter(['-d', 'extension=openssl'], fn() => is_file(ini_get('extension_dir') . '/openssl.so'));
}

function client(string $how, float $timeout = 5)
{
    global $address, $file;
    $client = stream_socket_client("tcp://$address", $errno, $error, $timeout, STREAM_CLIENT_CONNECT, client_context($file));
    fwrite($client, "$how\n");
    if ($how !== 'silent') {
        fgets($client);
    }
    return $client;
}

function secure(string $command)
{
    $client = client('tls');
    stream_socket_enable_crypto($client, true, STREAM_CRYPTO_METHOD_TLS_CLIENT);
    fwrite($client, "$command\n");
    return $client;
}

same_as_plain('echo and eof', function () {
    $c = secure('echo');
    return [fwrite($c, 'hello'), fread($c, 100), fread($c, 100), feof($c), fread($c, 100), stream_get_meta_data($c)];
});
same_as_plain('read timeout', function () {
    $c = secure('late');
    stream_set_timeout($c, 0, 30000);
    $seen = [fread($c, 10), stream_get_meta_data($c), feof($c)];
    stream_set_timeout($c, 5);
    return [...$seen, fread($c, 10), stream_get_meta_data($c)['timed_out']];
});
same_as_plain('a timeout of zero is none', function () {
    $c = secure('late');
    stream_set_timeout($c, 0);
    return [fread($c, 10), stream_get_meta_data($c)['timed_out']];
});
same_as_plain('slow reader', function () {
    $c = secure('slow reader');
    return [fwrite($c, str_repeat('x', 2 << 20)), fread($c, 100), stream_get_contents($c), feof($c)];
});
same_as_plain('write timeout', function () {
    $c = secure('never read');
    stream_set_timeout($c, 0, 50000);
    $sent = fwrite($c, str_repeat('x', 16 << 20));
    return [$sent > 0 && $sent < 16 << 20, stream_get_meta_data($c)['timed_out'], stream_get_meta_data($c)['blocked']];
});
same_as_plain('no goodbye', function () {
    $c = secure('abort');
    return [fread($c, 100), fread($c, 100), feof($c), fread($c, 100), stream_get_meta_data($c)];
});
same_as_plain('write after the end', function () {
    $c = secure('abort');
    return [stream_get_contents($c), feof($c), fwrite($c, 'x'), fwrite($c, 'y')];
});
same_as_plain('non-blocking', function () {
    $c = secure('late');
    stream_set_blocking($c, false);
    $seen = [fread($c, 10), feof($c), stream_get_meta_data($c)];
    do { // The first that arrives are the server's session tickets.
        $read = [$c];
        $none = null;
        $seen[3] = stream_select($read, $none, $none, 5);
        $text = fread($c, 10);
    } while ($text === '');
    return [...$seen, $text];
});
same_as_plain('handshake with garbage', function () {
    $c = client('garbage');
    $result = stream_socket_enable_crypto($c, true, STREAM_CRYPTO_METHOD_TLS_CLIENT);
    return [$result, stream_get_meta_data($c)];
});
same_as_plain('handshake with a peer that hangs up', function () {
    $c = client('hang up');
    return [stream_socket_enable_crypto($c, true, STREAM_CRYPTO_METHOD_TLS_CLIENT), feof($c)];
});
same_as_plain('handshake timeout', function () {
    $c = client('silent', 0.2);
    return [stream_socket_enable_crypto($c, true, STREAM_CRYPTO_METHOD_TLS_CLIENT), stream_get_meta_data($c)];
});
same_as_plain('non-blocking handshake', function () {
    $c = client('tls');
    stream_set_blocking($c, false);
    while (($done = stream_socket_enable_crypto($c, true, STREAM_CRYPTO_METHOD_TLS_CLIENT)) === 0) {
        $read = [$c];
        $none = null;
        stream_select($read, $none, $none, 5);
    }
    return [$done, stream_get_meta_data($c)['blocked']];
});

proc_terminate($process);
?>
--EXPECT--
echo and eof: same
read timeout: same
a timeout of zero is none: same
slow reader: same
write timeout: same
no goodbye: same
write after the end: same
non-blocking: same
handshake with garbage: same
handshake with a peer that hangs up: same
handshake timeout: same
non-blocking handshake: same
