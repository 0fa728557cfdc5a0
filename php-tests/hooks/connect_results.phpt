--TEST--
Hooked connects and accepts give PHP's own results and messages
--FILE--
<?php
require __DIR__ . '/../include/socket_compare.php';

function connect(string $address, float $timeout = 2, array $options = [], int $flags = STREAM_CLIENT_CONNECT): array
{
    $client = stream_socket_client($address, $errno, $error, $timeout, $flags, stream_context_create($options));
    $seen = [is_resource($client), $errno, $error];
    return is_resource($client) ? [...$seen, stream_get_meta_data($client)] : $seen;
}

[$server, $address] = listening();
$port = substr(strrchr($address, ':'), 1);
$nobody = unused_address();

same_as_plain('connected', fn() => connect("tcp://$address"));
same_as_plain('by name', fn() => connect("tcp://localhost:$port"));
same_as_plain('name that is a number', fn() => connect("tcp://127.1:$port"));
same_as_plain('refused', fn() => connect("tcp://$nobody"));
same_as_plain('refused by name', fn() => connect('tcp://localhost:' . substr(strrchr($nobody, ':'), 1)));
same_as_plain('unknown name', fn() => connect('tcp://no-such-host.invalid:80'));
same_as_plain('empty name', fn() => connect('tcp://:80'));
same_as_plain('no port', fn() => connect('tcp://localhost'));
same_as_plain('IPv6', fn() => connect("tcp://[::1]:$port"));
same_as_plain('broken IPv6', fn() => connect("tcp://[::1:$port"));
same_as_plain('null byte', fn() => connect("tcp://local\0host:$port"));
same_as_plain('no such transport', fn() => stream_socket_client("none://localhost:$port"));
same_as_plain('no such unix path', fn() => connect('unix:///nowhere/tusk.sock'));
// A full backlog on the loopback: the kernel drops further connection requests.
[$full, $unanswered] = listening(['socket' => ['backlog' => 0]]);
for ($i = 0; $i < 3; $i++) {
    $kept[] = @stream_socket_client("tcp://$unanswered", $errno, $error, 0.05);
}
same_as_plain('timeout', function () use ($unanswered) {
    return [about(0.1, function () use ($unanswered, &$seen) {
        $seen = connect("tcp://$unanswered", 0.1);
    }), $seen];
});
same_as_plain('bindto', fn() => connect("tcp://$address", 2, ['socket' => ['bindto' => '127.0.0.2:0']]));
same_as_plain('bindto by name', fn() => connect("tcp://localhost:$port", 2, ['socket' => ['bindto' => '127.0.0.2:0']]));
same_as_plain('bindto of no such address', fn() => connect("tcp://$address", 2, ['socket' => ['bindto' => '203.0.113.9:0']]));
same_as_plain('bindto that is no address', fn() => connect("tcp://localhost:$port", 2, ['socket' => ['bindto' => 'elsewhere:0']]));
same_as_plain('bindto that is no string', fn() => connect('tcp://no-such-host.invalid:80', 2, ['socket' => ['bindto' => 12]]));
same_as_plain('tcp_nodelay', fn() => connect("tcp://localhost:$port", 2, ['socket' => ['tcp_nodelay' => true]]));
same_as_plain('asynchronous', fn() => connect("tcp://$address", 2, [], STREAM_CLIENT_ASYNC_CONNECT | STREAM_CLIENT_CONNECT));
same_as_plain('asynchronous by name', fn() => connect("tcp://localhost:$port", 2, [], STREAM_CLIENT_ASYNC_CONNECT));
same_as_plain('fsockopen', fn() => [is_resource(fsockopen('localhost', $port, $errno, $error, 1)), $errno, $error]);
same_as_plain('fsockopen refused', fn() => [fsockopen('127.0.0.1', substr(strrchr($nobody, ':'), 1), $errno, $error, 1), $errno, $error]);
same_as_plain('udp', fn() => connect("udp://$address"));
same_as_plain('udp by name', fn() => connect("udp://localhost:$port"));

same_as_plain('accept', function () {
    [$server, $address] = listening();
    $client = stream_socket_client("tcp://$address");
    $peer = stream_socket_accept($server, 1, $name);
    return [is_resource($peer), $name === stream_socket_get_name($client, false), stream_get_meta_data($peer), stream_get_meta_data($server)];
});
same_as_plain('accept timeout', function () {
    [$server] = listening();
    return [about(0.05, function () use ($server, &$peer) {
        $peer = stream_socket_accept($server, 0.05);
    }), $peer, stream_socket_accept($server, 0), stream_get_meta_data($server)];
});
same_as_plain('accept on a non-blocking server', function () {
    [$server, $address] = listening();
    stream_set_blocking($server, false);
    $none = stream_socket_accept($server, 0.02);
    $client = stream_socket_client("tcp://$address");
    return [$none, is_resource(stream_socket_accept($server, 0)), stream_get_meta_data($server)];
});
same_as_plain('accept on something else', function () {
    [$a] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    return stream_socket_accept($a, 0.01);
});
same_as_plain('unix server', function () {
    $path = sys_get_temp_dir() . '/tusk-' . getmypid() . '.sock';
    $server = stream_socket_server("unix://$path");
    $client = stream_socket_client("unix://$path");
    $peer = stream_socket_accept($server, 1);
    unlink($path);
    return [fwrite($client, "hello\n"), fgets($peer), fwrite($peer, 'bye'), fclose($peer), fread($client, 10), feof($client)];
});
?>
--EXPECT--
connected: same
by name: same
name that is a number: same
refused: same
refused by name: same
unknown name: same
empty name: same
no port: same
IPv6: same
broken IPv6: same
null byte: same
no such transport: same
no such unix path: same
timeout: same
bindto: same
bindto by name: same
bindto of no such address: same
bindto that is no address: same
bindto that is no string: same
tcp_nodelay: same
asynchronous: same
asynchronous by name: same
fsockopen: same
fsockopen refused: same
udp: same
udp by name: same
accept: same
accept timeout: same
accept on a non-blocking server: same
accept on something else: same
unix server: same
