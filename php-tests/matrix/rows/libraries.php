<?php
/** Libraries opened through FFI, and libldap. $TUSK_LDAP is the address of a slapd. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

$libc = static fn (string $declarations): \FFI => \FFI::cdef($declarations, 'libc.so.6');
$isFfi = ['extension:ffi'];
$ffi = static fn (string $call, string $declarations, \Closure $run, float $waits = 0.07): Row
    => new Row("FFI: $call", 'interposition', static fn (): mixed => $run($libc($declarations)), waits: $waits, needs: $isFfi, ini: ['ffi.enable' => '1']);
$timespec = 'typedef struct { long s; long n; } timespec;';

$ldap = (string) getenv('TUSK_LDAP');
$bound = static function () use ($ldap): \LDAP\Connection {
    $connection = ldap_connect($ldap);
    ldap_set_option($connection, LDAP_OPT_PROTOCOL_VERSION, 3);
    ldap_bind($connection, 'cn=admin,dc=test', 'secret');
    return $connection;
};
$isLdap = ['extension:ldap', 'env:TUSK_LDAP'];

return [
    $ffi('usleep', 'int usleep(unsigned);', static fn (\FFI $c): mixed => $c->usleep(80_000)),
    $ffi('sleep', 'unsigned sleep(unsigned);', static fn (\FFI $c): mixed => $c->sleep(1), 0.9),
    $ffi('nanosleep', "$timespec int nanosleep(timespec *, timespec *);", static function (\FFI $c): mixed {
        $time = $c->new('timespec');
        $time->n = 80_000_000;
        return $c->nanosleep(\FFI::addr($time), null);
    }),
    $ffi('clock_nanosleep', "$timespec int clock_nanosleep(int, int, timespec *, timespec *);", static function (\FFI $c): mixed {
        $time = $c->new('timespec');
        $time->n = 80_000_000;
        return $c->clock_nanosleep(1, 0, \FFI::addr($time), null);
    }),
    $ffi('poll', 'typedef struct { int fd; short events, revents; } pollfd; int poll(pollfd *, unsigned long, int); int socketpair(int, int, int, int *);',
        static function (\FFI $c): mixed {
            $pair = $c->new('int[2]');
            $c->socketpair(1, 1, 0, $pair);
            $one = $c->new('pollfd');
            [$one->fd, $one->events] = [$pair[0], 1];
            return [$c->poll(\FFI::addr($one), 1, 80), $one->revents];
        }),
    $ffi('recv, SO_RCVTIMEO', 'long recv(int, void *, unsigned long, int); int socketpair(int, int, int, int *); int setsockopt(int, int, int, long *, unsigned);',
        static function (\FFI $c): mixed {
            $pair = $c->new('int[2]');
            $c->socketpair(1, 1, 0, $pair);
            $time = $c->new('long[2]');
            $time[1] = 80_000;
            $c->setsockopt($pair[0], 1, 20, $time, 16);
            return $c->recv($pair[0], $c->new('char[10]'), 10, 0);
        }),
    $ffi('read of a pipe', 'int pipe(int *); long read(int, void *, unsigned long); int system(const char *);', static function (\FFI $c): mixed {
        $ends = $c->new('int[2]');
        $c->pipe($ends);
        $c->system("(sleep 0.1; printf late > /dev/fd/{$ends[1]}) &");
        $buffer = $c->new('char[10]');
        return [$c->read($ends[0], $buffer, 10), \FFI::string($buffer, 4)];
    }),
    $ffi('getaddrinfo', 'int getaddrinfo(const char *, const char *, void *, void **); void freeaddrinfo(void *);', static function (\FFI $c): mixed {
        $list = $c->new('void *');
        $found = $c->getaddrinfo('localhost', null, null, \FFI::addr($list));
        $c->freeaddrinfo($list);
        return [$found, $c->getaddrinfo('no.such.host.invalid', null, null, \FFI::addr($list)) !== 0];
    }, 0.0),

    new Row('ldap_bind', 'interposition', static fn (): mixed => $bound() instanceof \LDAP\Connection, needs: $isLdap),
    new Row('ldap_search, ldap_get_entries', 'interposition', static fn (): mixed
        => ldap_get_entries($c = $bound(), ldap_search($c, 'dc=test', '(objectClass=*)', ['dc'])), needs: $isLdap),
    new Row('ldap_add, ldap_modify, ldap_delete', 'interposition', static fn (): mixed => [
        ldap_add($c = $bound(), 'ou=x,dc=test', ['objectClass' => ['organizationalUnit'], 'ou' => 'x']),
        ldap_modify($c, 'ou=x,dc=test', ['description' => 'changed']), ldap_delete($c, 'ou=x,dc=test')], needs: $isLdap),
    new Row('ldap_bind, a wrong password', 'interposition', static function () use ($ldap): mixed {
        ldap_set_option($c = ldap_connect($ldap), LDAP_OPT_PROTOCOL_VERSION, 3);
        return [ldap_bind($c, 'cn=admin,dc=test', 'wrong'), ldap_errno($c), ldap_error($c)];
    }, needs: $isLdap),
    new Row('ldap_bind, no answer', 'interposition', static function (array $silent): mixed {
        $connection = ldap_connect("ldap://{$silent[1]}");
        ldap_set_option($connection, LDAP_OPT_PROTOCOL_VERSION, 3);
        ldap_set_option($connection, LDAP_OPT_NETWORK_TIMEOUT, 1);
        ldap_set_option($connection, LDAP_OPT_TIMEOUT, 1);
        return [ldap_bind($connection, 'cn=admin', 'x'), ldap_errno($connection)];
    }, waits: 0.9, setup: static function (): array {
        $listener = stream_socket_server('tcp://127.0.0.1:0');
        return [$listener, stream_socket_get_name($listener, false)];
    }, needs: ['extension:ldap']),
    new Row('ldap_bind, refused', 'interposition', static fn (): mixed => [ldap_bind($c = ldap_connect('ldap://127.0.0.1:1'), 'cn=x', 'x'), ldap_errno($c)], needs: ['extension:ldap']),
];
