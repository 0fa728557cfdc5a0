--TEST--
Time limits so long that they do not fit are for ever, and those that the kernel refuses are refused
--EXTENSIONS--
ffi
openssl
--FILE--
<?php
require __DIR__ . '/../include/tls.inc';

// Counted in nanoseconds in 64 bits, these are next to nothing: 2^64 ns and a little.
const MICROSECONDS = 18446744073709552;
const SECONDS = 18446744073;

$c = FFI::cdef(<<<'C'
    typedef struct { int fd; short events, revents; } pollfd;
    typedef struct { long seconds, fraction; } moment;
    typedef struct { unsigned long words[16]; } bits;
    int socketpair(int domain, int type, int protocol, int *pair);
    ssize_t send(int fd, const void *buf, size_t length, int flags);
    int ppoll(pollfd *fds, unsigned long count, const moment *timeout, const bits *mask);
    int pselect(int count, bits *reads, bits *writes, bits *errors, const moment *timeout, const bits *mask);
    int select(int count, bits *reads, bits *writes, bits *errors, moment *timeout);
    int sigemptyset(bits *set);
    int *__errno_location(void);
    C);

/** Waits for what the other sends as soon as it may run; says who was first. */
function waits(string $what, callable $wait, callable $send): void
{
    $sent = false;
    $sender = Tusk\go(static function () use ($send, &$sent): void {
        Tusk\sleep(0.01); // more than nothing
        $sent = true;
        $send();
    });
    $result = json_encode($wait());
    echo "$what: ", $sent ? 'waited, ' : 'did not wait, ', $result, "\n";
    $sender->join();
}

[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
waits('stream_select', static function () use ($a): mixed {
    $read = [$a];
    return stream_select($read, $none, $none, 0, MICROSECONDS);
}, static fn() => fwrite($b, 'x'));

$certificate = Tusk\Tests\tls_certificate();
$server = stream_socket_server('tls://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN,
    stream_context_create(['ssl' => ['local_cert' => $certificate]]));
$peer = Tusk\go(static fn() => stream_socket_accept($server, 30));
$client = stream_socket_client('tls://' . stream_socket_get_name($server, false), $code, $message, 30, STREAM_CLIENT_CONNECT,
    stream_context_create(['ssl' => ['cafile' => $certificate, 'peer_name' => 'localhost']]));
$peer = $peer->join();
stream_set_timeout($client, SECONDS, 709552);
waits('TLS', static fn() => fread($client, 1), static fn() => fwrite($peer, 'x'));

$pair = $c->new('int[2]');
$c->socketpair(1, 1, 0, $pair);
[$from, $to] = [$pair[0], $pair[1]];
$send = static fn() => $c->send($to, 'x', 1, 0);
$moment = static function (int $seconds, int $fraction) use ($c): FFI\CData {
    $moment = $c->new('moment');
    [$moment->seconds, $moment->fraction] = [$seconds, $fraction];
    return $moment;
};
$set = static function () use ($c, $from): FFI\CData {
    $set = $c->new('bits');
    $set->words[intdiv($from, 64)] = 1 << $from % 64;
    return $set;
};
$limit = $moment(0, MICROSECONDS);
$reads = $set();
waits('select', static fn() => $c->select($from + 1, FFI::addr($reads), null, null, FFI::addr($limit)), $send);
$other = Tusk\go(static fn() => Tusk\sleep(60));

$poll = $c->new('pollfd[1]');
[$poll[0]->fd, $poll[0]->events] = [$to, 1];
$mask = $c->new('bits');
$c->sigemptyset(FFI::addr($mask));
$peerSends = static fn() => $c->send($from, 'x', 1, 0);
// Who waits in spite of all is given something, so that it does not wait for ever.
$helper = Tusk\go(static function () use ($peerSends): void {
    Tusk\sleep(5);
    $peerSends();
});
foreach (['seconds below zero' => [-1, 0], 'too many nanoseconds' => [1, 1_000_000_000], 'nanoseconds below zero' => [1, -1]] as $what => [$s, $ns]) {
    $limit = $moment($s, $ns);
    foreach (['' => null, ', a mask' => FFI::addr($mask)] as $masked => $signals) {
        echo "ppoll, $what$masked: ", json_encode([$c->ppoll(FFI::addr($poll[0]), 1, FFI::addr($limit), $signals), $c->__errno_location()[0]]), "\n";
        $none = $c->new('bits');
        $none->words[intdiv($to, 64)] = 1 << $to % 64;
        echo "pselect, $what$masked: ", json_encode([$c->pselect($to + 1, FFI::addr($none), null, null, FFI::addr($limit), $signals), $c->__errno_location()[0]]), "\n";
    }
}
$helper->cancel();
$other->cancel();
?>
--EXPECT--
stream_select: waited, 1
TLS: waited, "x"
select: waited, 1
ppoll, seconds below zero: [-1,22]
pselect, seconds below zero: [-1,22]
ppoll, seconds below zero, a mask: [-1,22]
pselect, seconds below zero, a mask: [-1,22]
ppoll, too many nanoseconds: [-1,22]
pselect, too many nanoseconds: [-1,22]
ppoll, too many nanoseconds, a mask: [-1,22]
pselect, too many nanoseconds, a mask: [-1,22]
ppoll, nanoseconds below zero: [-1,22]
pselect, nanoseconds below zero: [-1,22]
ppoll, nanoseconds below zero, a mask: [-1,22]
pselect, nanoseconds below zero, a mask: [-1,22]
