--TEST--
sigaction(SIGPIPE): what is set already is left out, and nothing that would change anything is
--EXTENSIONS--
ffi
pcntl
--INI--
ffi.enable=1
--FILE--
<?php
use function Tusk\{go, run};

// How Linux' C libraries on 64 bits have it.
$libc = FFI::cdef('
    typedef struct { void *handler; unsigned char mask[128]; int flags; void *restorer; } action;
    int sigaction(int number, const action *action, action *before);
    void *signal(int number, void *handler);
    long syscall(long number, ...);
');

/** What the kernel does on SIGPIPE. */
function now(): string
{
    $status = file_get_contents('/proc/self/status');
    $has = static fn (string $set): bool => preg_match("/^$set:.*([0-9a-f]{4})$/m", $status, $found) && hexdec($found[1]) >> (SIGPIPE - 1) & 1;
    return $has('SigIgn') ? 'ignored' : ($has('SigCgt') ? 'handled' : 'default');
}

run(static function () use ($libc): void {
    // Somebody else, so that calls of libc are Tusk's.
    $other = go(static fn () => Tusk\sleep(60));
    $ignore = $libc->new('action');
    $default = $libc->new('action');
    $before = $libc->new('action');
    $set = static fn ($action) => $libc->sigaction(SIGPIPE, FFI::addr($action), null);
    $ask = static fn ($into) => $libc->sigaction(SIGPIPE, null, FFI::addr($into));

    echo 'asked: ', $ask($ignore), ', ', now(), "\n";
    echo 'set again: ', $set($ignore), ', ', now(), "\n";

    pcntl_signal(SIGPIPE, static fn () => print("caught\n"));
    echo 'a handler of PHP: ', now(), "\n";
    echo 'ignored over it: ', $set($ignore), ', ', now(), "\n";

    $ask($before);
    echo 'default: ', $set($default), ', ', now(), "\n";
    echo 'ignored over that: ', $set($ignore), ', ', now(), "\n";

    $ask($before);
    $libc->sigaction(SIGPIPE, FFI::addr($default), FFI::addr($before));
    echo 'default, with what was before: ', $before->handler == $ignore->handler ? 'ignored' : 'something else', ', ', now(), "\n";
    echo 'ignored over that: ', $set($ignore), ', ', now(), "\n";

    $ask($before);
    $libc->signal(SIGPIPE, null);
    echo 'default by signal(): ', now(), "\n";
    echo 'ignored over that: ', $set($ignore), ', ', now(), "\n";

    $ask($before);
    $before->flags ^= 0x40000000; // SA_NODEFER: not what is set
    echo 'ignored with other flags: ', $set($before), ', ';
    $ask($default);
    echo $default->flags === $before->flags ? 'set' : 'not set', "\n";

    // A mask has 8 bytes; what libc leaves in the rest differs from question to question. Whether the
    // call is left out shows where nobody saw that the kernel was told something else.
    $set($ignore);
    $ask($ignore);
    $ignore->mask[100] = $ignore->mask[100] ^ 1;
    $nothing = $libc->new('char[64]');
    $number = ['x86_64' => 13, 'aarch64' => 134, 'loongarch64' => 134][php_uname('m')];
    $libc->syscall($number, SIGPIPE, FFI::addr($nothing), null, 8);
    echo 'told behind our back: ', now(), ', ', $set($ignore), ', ', now(), "\n";
    $ignore->mask[0] = $ignore->mask[0] ^ 2;
    echo 'with another mask: ', $set($ignore), ', ', now(), "\n";

    // A question is the kernel's again after a switch.
    $ask($ignore);
    $libc->syscall($number, SIGPIPE, FFI::addr($nothing), null, 8);
    $ask($before);
    $same = $before->handler == $ignore->handler;
    Tusk\sleep(0.001);
    $ask($before);
    echo 'asked again: ', $same ? 'as before' : 'something else', ', after a switch: ',
        $before->handler == $ignore->handler ? 'as before' : 'something else', "\n";

    pcntl_signal(SIGPIPE, static fn () => print("caught\n"));
    posix_kill(getmypid(), SIGPIPE);
    pcntl_signal_dispatch();
    $other->cancel();
});
?>
--EXPECT--
asked: 0, ignored
set again: 0, ignored
a handler of PHP: handled
ignored over it: 0, ignored
default: 0, default
ignored over that: 0, ignored
default, with what was before: ignored, default
ignored over that: 0, ignored
default by signal(): default
ignored over that: 0, ignored
ignored with other flags: 0, set
told behind our back: default, 0, default
with another mask: 0, ignored
asked again: as before, after a switch: something else
caught
