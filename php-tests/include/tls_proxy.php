<?php
/** php tls_proxy.php PORT PEM HTTP-PORT: TLS in front of an HTTP server, one connection at a time. */

declare(strict_types=1);

[, $port, $pem, $upstream] = $argv;
$context = stream_context_create(['ssl' => ['local_cert' => $pem, 'verify_peer' => false]]);
$listener = stream_socket_server("tcp://127.0.0.1:$port", $code, $error, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
while ($client = @stream_socket_accept($listener, 3600)) {
    stream_set_timeout($client, 5);
    if (!@stream_socket_enable_crypto($client, true, STREAM_CRYPTO_METHOD_TLS_SERVER)) {
        fclose($client);
        continue;
    }
    $request = '';
    while (!str_contains($request, "\r\n\r\n") && ($piece = fread($client, 8192)) !== '' && $piece !== false) {
        $request .= $piece;
    }
    $server = stream_socket_client("tcp://127.0.0.1:$upstream");
    if (!str_contains($request, "\r\n\r\n")) {
        fclose($client);
        continue;
    }
    $request = preg_replace('/^connection: .*\r\n/im', '', $request);
    fwrite($server, preg_replace('/\r\n/', "\r\nConnection: close\r\n", $request, 1));
    fwrite($client, stream_get_contents($server));
    fclose($client);
}
