<?php
/**
 * openGauss' logins in front of a PostgreSQL that lets everybody in: what a server of openGauss
 * says to a client of version 3.0, and what it checks, written from its sources (auth.cpp,
 * crypt.cpp) with PHP's own hash functions.
 * Arguments: port, PostgreSQL's port. The user's name says which: sha256, sha256_old (2048 rounds),
 * rounds (12345, which a client cannot know), sm3, md5 (md5 asked for, SHA-256 stored), liar (a
 * server that does not know the password). The password is "Gauss@123".
 */

declare(strict_types=1);

[, $port, $server] = $argv;
const PASSWORD = 'Gauss@123';

function take($stream, int $bytes): string
{
    for ($all = ''; strlen($all) < $bytes;) {
        $more = fread($stream, $bytes - strlen($all));
        if ($more === '' || $more === false) {
            exit;
        }
        $all .= $more;
    }
    return $all;
}

function say($stream, string $tag, string $body): void
{
    fwrite($stream, $tag . pack('N', strlen($body) + 4) . $body);
}

function hear($stream): array
{
    $tag = take($stream, 1);
    return [$tag, take($stream, unpack('N', take($stream, 4))[1] - 4)];
}

function log_in($client, string $user): bool
{
    $rounds = match ($user) {
        'sha256_old' => 2048,
        'rounds' => 12345,
        default => 10000,
    };
    $salt = random_bytes(32);
    $token = random_bytes(4);
    $salted = hash_pbkdf2('sha1', $user === 'liar' ? 'something else' : PASSWORD, $salt, $rounds, 32, true);
    $clientKey = hash_hmac('sha256', 'Client Key', $salted, true);
    $serverKey = hash_hmac('sha256', $user === 'sm3' ? 'Server Key' : 'Sever Key', $salted, true);
    $stored = hash('sha256', $clientKey, true);
    if ($user === 'md5') {
        $connection = random_bytes(4);
        say($client, 'R', pack('N', 11) . bin2hex($salt) . $connection);
        [$tag, $answer] = hear($client);
        return $tag === 'p' && $answer === 'md5' . md5(bin2hex($salt) . bin2hex($serverKey) . bin2hex($stored) . $connection) . "\0";
    }
    [$code, $kind] = $user === 'sm3' ? [13, 6] : [10, 2];
    say($client, 'R', pack('NN', $code, $kind) . bin2hex($salt) . bin2hex($token) . hash_hmac('sha256', $token, $serverKey));
    [$tag, $answer] = hear($client);
    $proof = hex2bin(rtrim($answer, "\0"));
    $key = $proof ^ hash_hmac('sha256', $token, $stored, true);
    return $tag === 'p' && hash('sha256', $key, true) === $stored;
}

$listener = stream_socket_server("tcp://127.0.0.1:$port");
while (true) {
    $client = @stream_socket_accept($listener, -1);
    if ($client === false || pcntl_fork() !== 0) {
        continue;
    }
    fclose($listener);
    $startup = take($client, 4);
    $startup .= take($client, unpack('N', $startup)[1] - 4);
    // Cancel requests are answered by the server itself.
    if (substr($startup, 4, 4) === pack('N', 196608)) {
        $fields = explode("\0", substr($startup, 8));
        $user = $fields[array_search('user', $fields, true) + 1];
        if (!log_in($client, $user)) {
            say($client, 'E', "SFATAL\0C28P01\0MInvalid username/password,login denied.\0\0");
            exit;
        }
    }
    $behind = stream_socket_client("tcp://127.0.0.1:$server");
    fwrite($behind, $startup);
    while (true) {
        $read = [$client, $behind];
        $none = null;
        stream_select($read, $none, $none, null);
        foreach ($read as $one) {
            $bytes = fread($one, 65536);
            if ($bytes === '' || $bytes === false || fwrite($one === $client ? $behind : $client, $bytes) === false) {
                exit;
            }
        }
    }
}
