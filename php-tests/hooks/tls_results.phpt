--TEST--
Hooked TLS gives PHP's own results and messages; both ends run in one process
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../include/socket_certificate.php';

$file = certificate_file();

// Plain PHP cannot be both ends at once: its results are written down.
function serve($server, callable $handler): void
{
    Tusk\go(function () use ($server, $handler) {
        $peer = stream_socket_accept($server, 5);
        if ($peer) {
            $handler($peer);
        }
    });
}

function tls_server(string $file, array $more = []): array
{
    $context = stream_context_create(array_replace_recursive(server_options($file), $more));
    $server = stream_socket_server('ssl://127.0.0.1:0', $errno, $error, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
    return [$server, 'ssl://' . stream_socket_get_name($server, false)];
}

ini_set('display_errors', '0');
set_error_handler(function (int $level, string $message) {
    echo '  ', preg_replace(['/127\.0\.0\.1:\d+/', '/OpenSSL Error messages:.*/s'], ['ADDRESS', 'OpenSSL says why'], $message), "\n";
});

Tusk\run(function () use ($file) {
    echo "echo and eof\n";
    [$server, $address] = tls_server($file);
    serve($server, function ($peer) {
        fwrite($peer, strrev(fgets($peer)) . "\n");
        fclose($peer);
    });
    $client = stream_socket_client($address, $errno, $error, 5, STREAM_CLIENT_CONNECT, client_context($file));
    fwrite($client, "hello\n");
    var_dump(fgets($client), fgets($client), fgets($client), feof($client));
    var_dump(stream_get_meta_data($client)['blocked'], stream_get_meta_data($client)['crypto']['protocol']);

    echo "a lot in both directions\n";
    [$server, $address] = tls_server($file);
    serve($server, function ($peer) {
        $sum = '';
        while (($chunk = fread($peer, 65536)) !== '' && $chunk !== false) {
            $sum .= $chunk;
            if (strlen($sum) >= 3 << 20) {
                break;
            }
        }
        fwrite($peer, md5($sum) . "\n" . $sum);
        fclose($peer);
    });
    $client = stream_socket_client($address, $errno, $error, 5, STREAM_CLIENT_CONNECT, client_context($file));
    $data = random_bytes(3 << 20);
    var_dump(fwrite($client, $data), fgets($client) === md5($data) . "\n", stream_get_contents($client) === $data);

    echo "read timeout\n";
    [$server, $address] = tls_server($file);
    serve($server, function ($peer) {
        fread($peer, 10);
        fwrite($peer, 'late');
        fread($peer, 10);
    });
    $client = stream_socket_client($address, $errno, $error, 5, STREAM_CLIENT_CONNECT, client_context($file));
    stream_set_timeout($client, 0, 50000);
    var_dump(fread($client, 10), stream_get_meta_data($client)['timed_out'], feof($client));
    fwrite($client, 'go');
    stream_set_timeout($client, 5);
    var_dump(fread($client, 10), stream_get_meta_data($client)['timed_out']);
    fclose($client);

    echo "a peer that is not trusted\n";
    [$server, $address] = tls_server($file);
    serve($server, fn($peer) => fread($peer, 10));
    var_dump(stream_socket_client($address, $errno, $error, 5), $errno, $error);

    echo "a peer of another name\n";
    [$server, $address] = tls_server($file);
    serve($server, fn($peer) => fread($peer, 10));
    $context = client_context($file);
    stream_context_set_option($context, 'ssl', 'peer_name', 'elsewhere');
    var_dump(stream_socket_client($address, $errno, $error, 5, STREAM_CLIENT_CONNECT, $context));

    echo "the name of the connect is verified\n";
    [$server, $address] = tls_server($file);
    serve($server, fn($peer) => fwrite($peer, 'verified'));
    $context = stream_context_create(['ssl' => ['cafile' => $file, 'allow_self_signed' => true]]);
    $client = stream_socket_client(str_replace('127.0.0.1', 'localhost', $address), $errno, $error, 5, STREAM_CLIENT_CONNECT, $context);
    var_dump(fread($client, 20));

    echo "handshake timeout\n";
    $plain = stream_socket_server('tcp://127.0.0.1:0');
    // Held until the handshake has failed: to close it with bytes that nobody has read would reset the connection.
    Tusk\go(function () use ($plain, &$silent) {
        $silent = stream_socket_accept($plain, 5);
    });
    $start = hrtime(true);
    var_dump(stream_socket_client('ssl://' . stream_socket_get_name($plain, false), $errno, $error, 0.2));
    var_dump(hrtime(true) - $start >= 0.2e9);

    echo "crypto on a connected PHP stream\n";
    $server = stream_socket_server('tcp://127.0.0.1:0', $errno, $error, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, stream_context_create(server_options($file)));
    Tusk\go(function () use ($server) {
        $peer = stream_socket_accept($server, 5);
        echo fgets($peer);
        fwrite($peer, "GO\n");
        var_dump(stream_socket_enable_crypto($peer, true, STREAM_CRYPTO_METHOD_TLS_SERVER));
        fwrite($peer, "secret\n");
        fread($peer, 1);
    });
    $client = stream_socket_client('tcp://' . stream_socket_get_name($server, false), $errno, $error, 5, STREAM_CLIENT_CONNECT, client_context($file));
    fwrite($client, "STARTTLS\n");
    echo fgets($client);
    var_dump(stream_socket_enable_crypto($client, true, STREAM_CRYPTO_METHOD_TLS_CLIENT), fgets($client));
    fclose($client);
});
?>
--EXPECTF--
echo and eof
string(1) "
"
string(6) "olleh
"
bool(false)
bool(true)
bool(true)
string(7) "TLSv1.3"
a lot in both directions
int(3145728)
bool(true)
bool(true)
read timeout
bool(false)
bool(true)
bool(false)
string(4) "late"
bool(false)
a peer that is not trusted
  stream_socket_client(): SSL operation failed with code 1. OpenSSL says why
  stream_socket_client(): Failed to enable crypto
  stream_socket_client(): Unable to connect to ssl://ADDRESS (Unknown error)
bool(false)
int(0)
string(0) ""
a peer of another name
  stream_socket_accept(): SSL operation failed with code 1. OpenSSL says why
  stream_socket_accept(): Failed to enable crypto
  stream_socket_accept(): Accept failed: %s
  stream_socket_client(): Peer certificate CN=`localhost' did not match expected CN=`elsewhere'
  stream_socket_client(): Failed to enable crypto
  stream_socket_client(): Unable to connect to ssl://ADDRESS (Unknown error)
bool(false)
the name of the connect is verified
string(8) "verified"
handshake timeout
  stream_socket_client(): SSL: Handshake timed out
  stream_socket_client(): Failed to enable crypto
  stream_socket_client(): Unable to connect to ssl://ADDRESS (Unknown error)
bool(false)
bool(true)
crypto on a connected PHP stream
STARTTLS
GO
bool(true)
bool(true)
string(7) "secret
"
