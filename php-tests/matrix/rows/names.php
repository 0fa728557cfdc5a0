<?php
/** Name look-ups against what this machine has: its hosts file, and whatever resolver it is given. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

return [
    new Row('gethostbyname', 'function', static fn (): array => [gethostbyname('localhost'), gethostbyname('no-such-host.invalid')]),
    new Row('gethostbynamel', 'function', static fn (): array => [gethostbynamel('localhost'), gethostbynamel('no-such-host.invalid')]),
    new Row('gethostbyaddr', 'interposition', static fn (): array => [gethostbyaddr('127.0.0.1'), gethostbyaddr('::1'), gethostbyaddr('192.0.2.1'), gethostbyaddr('no address')]),
    new Row('dns_get_record', 'interposition', static fn (): array => [dns_get_record('no-such-host.invalid', DNS_A), dns_get_record('no-such-host.invalid', DNS_MX | DNS_TXT)]),
    new Row('checkdnsrr', 'interposition', static fn (): array => [checkdnsrr('no-such-host.invalid', 'A'), checkdnsrr('no-such-host.invalid'), dns_check_record('no-such-host.invalid', 'ANY')]),
    new Row('getmxrr', 'interposition', static function (): array {
        $found = getmxrr('no-such-host.invalid', $hosts, $weights);
        return [$found, $hosts, $weights];
    }),
    new Row('a name in stream_socket_server', 'interposition', static fn (): array => [
        (bool) stream_socket_server('tcp://localhost:0'), @stream_socket_server('tcp://no-such-host.invalid:0', $code, $message), $code,
    ]),
    new Row('a name in the target of stream_socket_sendto', 'interposition', static function (): array {
        $server = stream_socket_server('udp://127.0.0.1:0', flags: STREAM_SERVER_BIND);
        $client = stream_socket_client('udp://127.0.0.1:1');
        $port = substr(strrchr(stream_socket_get_name($server, false), ':'), 1);
        return [stream_socket_sendto($client, 'hello', 0, "localhost:$port"), stream_socket_sendto($client, 'hello', 0, 'no-such-host.invalid:9')];
    }),
    new Row('a name in fsockopen', 'stream', static fn (): array => [@fsockopen('no-such-host.invalid', 80, $code, $message), $code]),
    new Row('socket_addrinfo_lookup', 'interposition', static fn (): array => [count(socket_addrinfo_lookup('localhost', '80', ['ai_socktype' => SOCK_STREAM])) > 0, socket_addrinfo_lookup('no-such-host.invalid', '80')], needs: ['function:socket_addrinfo_lookup']),
];
