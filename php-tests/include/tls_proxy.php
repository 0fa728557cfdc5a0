<?php
/**
 * Ends TLS in front of a plain port of 127.0.0.1, for servers that speak no TLS.
 * Arguments: port, plain port, PEM file with certificate and key, PEM file of the authorities
 * that clients' certificates must be from (or nothing).
 */

declare(strict_types=1);

[, $port, $plain, $certificate] = $argv;
$options = ['local_cert' => $certificate];
if (isset($argv[4])) {
    $options += ['verify_peer' => true, 'verify_peer_name' => false, 'cafile' => $argv[4], 'allow_self_signed' => true];
}
$server = stream_socket_server("tcp://127.0.0.1:$port", context: stream_context_create(['ssl' => $options]));
/** @var array<int, array{resource, resource}> $pairs by the id of either end: itself and the other */
$pairs = [];
while (true) {
    $read = [$server, ...array_column($pairs, 0)];
    $write = $except = null;
    stream_select($read, $write, $except, null);
    foreach ($read as $stream) {
        if ($stream === $server) {
            $client = stream_socket_accept($server);
            stream_set_blocking($client, true);
            if (!@stream_socket_enable_crypto($client, true, STREAM_CRYPTO_METHOD_TLS_SERVER)) {
                fclose($client);
                continue;
            }
            stream_set_blocking($client, false);
            $behind = stream_socket_client("tcp://127.0.0.1:$plain");
            stream_set_blocking($behind, false);
            $pairs[(int) $client] = [$client, $behind];
            $pairs[(int) $behind] = [$behind, $client];
            continue;
        }
        if (!isset($pairs[(int) $stream])) {
            continue;
        }
        [, $other] = $pairs[(int) $stream];
        do {
            $bytes = fread($stream, 65536);
            for ($rest = (string) $bytes; $rest !== ''; $rest = substr($rest, (int) fwrite($other, $rest))) {
                // Until all is written.
            }
        } while ($bytes !== '' && $bytes !== false);
        if (feof($stream)) {
            unset($pairs[(int) $stream], $pairs[(int) $other]);
            fclose($stream);
            fclose($other);
        }
    }
}
