<?php
/** Name look-ups that take a while: the functions of names.php, and whatever else is given a name. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

require_once __DIR__ . '/../harness/slow_names.php';

$sockets = ['extension:sockets'];
/** A listener of this process, and its port. */
$listener = static function (string $address = 'tcp://127.0.0.1:0', int $flags = STREAM_SERVER_BIND | STREAM_SERVER_LISTEN): array {
    $server = stream_socket_server($address, $code, $message, $flags);
    return [$server, (int) substr(strrchr(stream_socket_get_name($server, false), ':'), 1)];
};

return [
    slow_name_row('late: gethostbyname', static fn (): mixed => [gethostbyname('slow.test'), gethostbyname('none.test')], 'function'),
    slow_name_row('late: gethostbynamel', static fn (): mixed => [gethostbynamel('slow.test'), gethostbynamel('none.test')], 'function'),
    slow_name_row('late: gethostbyaddr', static fn (): mixed => [gethostbyaddr('192.0.2.1'), gethostbyaddr('2001:db8::1')]),
    slow_name_row('late: dns_get_record', static fn (): mixed => [dns_get_record('slow.test', DNS_A | DNS_MX | DNS_TXT), dns_get_record('none.test', DNS_A)]),
    slow_name_row('late: checkdnsrr', static fn (): mixed => [checkdnsrr('slow.test', 'TXT'), checkdnsrr('none.test', 'A')]),
    slow_name_row('late: getmxrr', static function (): mixed {
        $found = getmxrr('slow.test', $hosts, $weights);
        return [$found, $hosts, $weights];
    }),
    slow_name_row('late: fsockopen', static function () use ($listener): mixed {
        [$server, $port] = $listener();
        return [is_resource(fsockopen('slow.test', $port, timeout: 5)), is_resource(fsockopen('none.test', 1, $code, $message)), $code, $message];
    }, 'stream'),
    slow_name_row('late: stream_socket_client', static function () use ($listener): mixed {
        [$server, $port] = $listener();
        return [is_resource(stream_socket_client("tcp://here.test:$port")), is_resource(stream_socket_client("udp://here.test:$port"))];
    }, 'stream'),
    slow_name_row('late: stream_socket_server', static fn (): mixed => [is_resource(stream_socket_server('tcp://here.test:0')), stream_socket_server('tcp://none.test:0')], 'stream'),
    slow_name_row('late: stream_socket_sendto', static function () use ($listener): mixed {
        [$server, $port] = $listener('udp://127.0.0.1:0', STREAM_SERVER_BIND);
        $client = stream_socket_client('udp://127.0.0.1:1');
        return [stream_socket_sendto($client, 'text', 0, "here.test:$port"), stream_socket_recvfrom($server, 10)];
    }, 'stream'),
    slow_name_row('late: file_get_contents(http://)', static fn (): mixed => file_get_contents('http://here.test:1/'), 'stream'),
    slow_name_row('late: curl_exec', static function (): mixed {
        curl_setopt_array($curl = curl_init('http://none.test/'), [CURLOPT_RETURNTRANSFER => true]);
        return [curl_exec($curl), curl_errno($curl)];
    }, needs: ['extension:curl']),
    slow_name_row('late: PDO pgsql, pg_connect', static function (): mixed {
        try {
            new \PDO('pgsql:host=here.test;port=1');
        } catch (\PDOException $error) {
            return [$error->getMessage(), pg_connect('host=here.test port=1')];
        }
    }, needs: ['extension:pdo_pgsql', 'extension:pgsql']),
    slow_name_row('late: PDO mysql', static function (): mixed {
        try {
            new \PDO('mysql:host=here.test;port=1');
        } catch (\PDOException $error) {
            return $error->getMessage();
        }
    }, 'stream', ['extension:pdo_mysql']),
    slow_name_row('late: ldap_bind', static fn (): mixed => [ldap_bind($ldap = ldap_connect('ldap://here.test:1')), ldap_errno($ldap)], needs: ['extension:ldap']),
    slow_name_row('late: FFI: getaddrinfo', static function (): mixed {
        $libc = \FFI::cdef('int getaddrinfo(const char *, const char *, void *, void **); void freeaddrinfo(void *);', 'libc.so.6');
        $list = $libc->new('void *');
        $code = $libc->getaddrinfo('slow.test', '80', null, \FFI::addr($list));
        $libc->freeaddrinfo($list);
        return [$code, $libc->getaddrinfo('none.test', '80', null, \FFI::addr($list))];
    }, needs: ['extension:FFI']),
    slow_name_row('late: socket_addrinfo_lookup', static fn (): mixed => [
        count(socket_addrinfo_lookup('slow.test', '80', ['ai_socktype' => SOCK_STREAM])), socket_addrinfo_lookup('none.test', '80'),
    ], needs: $sockets),
    slow_name_row('late: socket_connect', static function () use ($listener): mixed {
        [$server, $port] = $listener();
        $socket = socket_create(AF_INET, SOCK_STREAM, 0);
        return [socket_connect($socket, 'here.test', $port), socket_connect(socket_create(AF_INET, SOCK_STREAM, 0), 'none.test', $port), socket_last_error()];
    }, needs: $sockets),
    slow_name_row('late: socket_bind', static fn (): mixed => [
        socket_bind($socket = socket_create(AF_INET, SOCK_STREAM, 0), 'here.test'), socket_bind(socket_create(AF_INET, SOCK_STREAM, 0), 'none.test'),
    ], needs: $sockets),
    slow_name_row('late: socket_sendto', static function () use ($listener): mixed {
        [$server, $port] = $listener('udp://127.0.0.1:0', STREAM_SERVER_BIND);
        $socket = socket_create(AF_INET, SOCK_DGRAM, 0);
        return [socket_sendto($socket, 'text', 4, 0, 'here.test', $port), stream_socket_recvfrom($server, 10)];
    }, needs: $sockets),
];
