<?php
// A TLS server in plain PHP, in a process of its own: php socket_tls_server.php <pem file>
// Prints its address, then does what the first line of each connection asks for.

$context = stream_context_create(['ssl' => ['local_cert' => $argv[1], 'verify_peer' => false]]);
$server = stream_socket_server('tcp://127.0.0.1:0', $errno, $error, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
echo stream_socket_get_name($server, false), "\n";

while ($peer = @stream_socket_accept($server, 30)) {
    $how = fgets($peer);
    if ($how === "silent\n") {
        $kept[] = $peer;
        continue;
    }
    fwrite($peer, "ready\n");
    if ($how === "garbage\n") {
        fread($peer, 8192); // the client's first message; before it this would be plain text
        fwrite($peer, str_repeat('this is no TLS record', 100));
        fclose($peer);
        continue;
    }
    if ($how === "hang up\n") {
        fread($peer, 100);
        fclose($peer);
        continue;
    }
    stream_socket_enable_crypto($peer, true, STREAM_CRYPTO_METHOD_TLS_SERVER);
    switch (fgets($peer)) {
        case "echo\n":
            fwrite($peer, fread($peer, 8192));
            break;
        case "late\n":
            usleep(150000);
            fwrite($peer, 'late');
            fread($peer, 1);
            break;
        case "slow reader\n":
            usleep(200000);
            $got = 0;
            while ($got < 2 << 20) {
                $got += strlen(fread($peer, 8192));
            }
            fwrite($peer, "got $got");
            break;
        case "never read\n":
            $kept[] = $peer;
            break;
        case "abort\n":
            // Closes the connection without TLS's own goodbye.
            fwrite($peer, 'cut');
            usleep(20000);
            stream_socket_shutdown($peer, STREAM_SHUT_RDWR);
            $kept[] = $peer;
            break;
    }
    unset($peer);
}
