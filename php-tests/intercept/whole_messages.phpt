--TEST--
recvmsg and recvfrom with MSG_WAITALL, TCP fast open, and polls under a signal mask suspend and give libc's results
--EXTENSIONS--
ffi
sockets
pcntl
posix
--FILE--
<?php
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\overlap;

$c = FFI::cdef(<<<'C'
    typedef struct { void *base; size_t length; } part;
    typedef struct { void *name; unsigned name_length; part *parts; size_t count; void *control; size_t control_length; int flags; } message;
    typedef struct { int fd; short events, revents; } pollfd;
    typedef struct { long seconds, nanoseconds; } timespec;
    typedef struct { unsigned long words[16]; } sigset;
    typedef struct { unsigned short family, port; unsigned address; char zero[8]; } internet;
    ssize_t recvmsg(int fd, message *to, int flags);
    ssize_t recvfrom(int fd, void *buf, size_t length, int flags, void *address, unsigned *address_length);
    ssize_t sendto(int fd, const void *buf, size_t length, int flags, const void *address, unsigned address_length);
    ssize_t send(int fd, const void *buf, size_t length, int flags);
    int socket(int domain, int type, int protocol);
    int socketpair(int domain, int type, int protocol, int *pair);
    int ppoll(pollfd *fds, unsigned long count, const timespec *timeout, const sigset *mask);
    int pselect(int count, sigset *reads, sigset *writes, sigset *errors, const timespec *timeout, const sigset *mask);
    int sigemptyset(sigset *set);
    int sigaddset(sigset *set, int signal);
    int close(int fd);
    int *__errno_location(void);
    C);
/** @return array{int, int} */
$pair = static function () use ($c): array {
    $pair = $c->new('int[2]');
    $c->socketpair(AF_UNIX, SOCK_STREAM, 0, $pair);
    return [$pair[0], $pair[1]];
};
$send = static fn (int $fd, string $text): int => $c->send($fd, $text, strlen($text), 0);

// A message of three parts, that comes in three other pieces.
[$a, $b] = $pair();
$room = [$c->new('char[4]'), $c->new('char[1]'), $c->new('char[5]')];
$parts = $c->new('part[3]');
foreach ($room as $n => $part) {
    $parts[$n]->base = FFI::addr($part[0]);
    $parts[$n]->length = FFI::sizeof($part);
}
$message = $c->new('message');
$message->parts = FFI::addr($parts[0]);
$message->count = 3;
$text = static fn (): string => implode('|', array_map(static fn (FFI\CData $part): string => FFI::string($part, FFI::sizeof($part)), $room));
$drip = static function (int $fd, string ...$pieces) use ($send): Closure {
    return static function () use ($fd, $pieces, $send): void {
        foreach ($pieces as $piece) {
            $send($fd, $piece);
            Tusk\sleep(0.001);
        }
    };
};
overlap('recvmsg', static fn (): mixed => [$c->recvmsg($a, FFI::addr($message), MSG_WAITALL), $text()], $drip($b, 'ab', 'cde', 'fghij'));
// The end of the stream comes first.
overlap('recvmsg, the end', static fn (): mixed => [$c->recvmsg($a, FFI::addr($message), MSG_WAITALL), substr($text(), 0, 3)], static function () use ($drip, $b, $c): void {
    $drip($b, 'AB', 'C')();
    $c->close($b);
});
[$a, $b] = $pair();
$buf = $c->new('char[6]');
$address = $c->new('internet');
$length = $c->new('unsigned');
$length->cdata = FFI::sizeof($address);
overlap('recvfrom', static fn (): mixed => [$c->recvfrom($a, $buf, 6, MSG_WAITALL, FFI::addr($address), FFI::addr($length)), FFI::string($buf, 6)], $drip($b, 'ab', 'cd', 'efgh'));

// TCP fast open: connects, and the bytes are there.
$server = stream_socket_server('tcp://127.0.0.1:0');
$to = $c->new('internet');
$to->family = AF_INET;
$port = (int) substr(strrchr(stream_socket_get_name($server, false), ':'), 1);
$to->port = ($port & 255) << 8 | $port >> 8;
$to->address = 0x0100007f;
$fd = $c->socket(AF_INET, SOCK_STREAM, 0);
overlap('fast open', static fn (): mixed => [$c->sendto($fd, "hello\n", 6, 0x20000000, FFI::addr($to), FFI::sizeof($to)), fgets(stream_socket_accept($server))]);

// Polls under a mask: ready, the timeout, and a signal that the mask lets in.
$none = $c->new('sigset');
$c->sigemptyset(FFI::addr($none));
[$a, $b] = $pair();
$poll = $c->new('pollfd[1]');
[$poll[0]->fd, $poll[0]->events] = [$a, 1];
$seconds = static function (float $seconds) use ($c): FFI\CData {
    $time = $c->new('timespec');
    [$time->seconds, $time->nanoseconds] = [(int) $seconds, (int) (fmod($seconds, 1) * 1e9)];
    return $time;
};
$ppoll = static fn (float $for): array => [$c->ppoll(FFI::addr($poll[0]), 1, FFI::addr($seconds($for)), FFI::addr($none)), $c->__errno_location()[0]];
$pselect = static function (float $for) use ($c, $a, $seconds, $none): array {
    $set = $c->new('sigset');
    $set->words[intdiv($a, 64)] = 1 << $a % 64;
    return [$c->pselect($a + 1, FFI::addr($set), null, null, FFI::addr($seconds($for)), FFI::addr($none)), $c->__errno_location()[0], $set->words[intdiv($a, 64)] !== 0];
};
overlap('ppoll, its timeout', static fn (): mixed => $ppoll(0.02)[0]);
overlap('ppoll', static fn (): mixed => [$ppoll(60)[0], $poll[0]->revents], static fn () => $send($b, 'x'));
FFI::string($buf, $c->recvfrom($a, $buf, 1, 0, null, null));
overlap('pselect, its timeout', static fn (): mixed => $pselect(0.02)[0]);
overlap('pselect', static fn (): mixed => [$pselect(60)[0], $pselect(0)[2]], static fn () => $send($b, 'x'));
FFI::string($buf, $c->recvfrom($a, $buf, 1, 0, null, null));
// PHP lets a signal in that gets a handler.
pcntl_signal(SIGUSR1, static fn () => null);
pcntl_sigprocmask(SIG_BLOCK, [SIGUSR1]);
overlap('ppoll, a signal', static fn (): mixed => $ppoll(60), static fn () => posix_kill(getmypid(), SIGUSR1));
overlap('pselect, a signal', static fn (): mixed => array_slice($pselect(60), 0, 2), static fn () => posix_kill(getmypid(), SIGUSR1));
?>
--EXPECT--
recvmsg: before other after, [10,"abcd|e|fghij"]
recvmsg, the end: before other after, [3,"ABC"]
recvfrom: before other after, [6,"abcdef"]
fast open: before other after, [6,"hello\n"]
ppoll, its timeout: before other after, 0
ppoll: before other after, [1,1]
pselect, its timeout: before other after, 0
pselect: before other after, [1,true]
ppoll, a signal: before other after, [-1,4]
pselect, a signal: before other after, [-1,4]
