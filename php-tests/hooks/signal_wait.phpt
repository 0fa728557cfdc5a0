--TEST--
pcntl_sigwaitinfo() and pcntl_sigtimedwait() of signals that have handlers and are not blocked, beside a coroutine
--EXTENSIONS--
pcntl
posix
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
pcntl_async_signals(true);
$handled = 0;
foreach ([SIGUSR1, SIGCHLD] as $signal) {
    pcntl_signal($signal, static function () use (&$handled): void { $handled++; });
}
$ticks = 0;
$ticker = Tusk\go(static function () use (&$ticks): void {
    for (;;) {
        Tusk\sleep(0.001);
        $ticks++;
    }
});

// As sigwaitinfo(2) has it: who waits for a signal gets it, and its handler does not.
$pid = getmypid();
$sender = Tusk\go(static function () use ($pid): void {
    Tusk\sleep(0.02);
    posix_kill($pid, SIGUSR1);
});
var_dump(pcntl_sigwaitinfo([SIGUSR1], $info) === SIGUSR1, $info['signo'] === SIGUSR1, $ticks > 0, $handled);

$child = pcntl_fork();
if ($child === 0) {
    sleep(60);
    exit(1);
}
// It runs when this script waits: a child that ends before would be heard of by the handler.
Tusk\go(static fn () => posix_kill($child, SIGKILL));
var_dump(pcntl_sigtimedwait([SIGCHLD], $info, 10) === SIGCHLD, $info['pid'] === $child, $handled);
pcntl_waitpid($child, $status);

// Nothing stays blocked, here and in a child that is made during such a wait.
var_dump(@pcntl_sigtimedwait([SIGUSR1], $info, 0, 20_000_000) <= 0); // -1 until PHP 8.4, then false
pcntl_sigprocmask(SIG_BLOCK, [SIGUSR2], $blocked);
pcntl_sigprocmask(SIG_SETMASK, $blocked);
var_dump($blocked);
$waiting = Tusk\go(static fn (): mixed => @pcntl_sigtimedwait([SIGUSR2], $info, 1));
Tusk\sleep(0.005);
$child = pcntl_fork();
if ($child === 0) {
    pcntl_sigprocmask(SIG_BLOCK, [SIGUSR2], $blocked);
    exit($blocked === [] ? 0 : 1);
}
pcntl_waitpid($child, $status);
var_dump(pcntl_wexitstatus($status));
$waiting->cancel();
posix_kill($pid, SIGUSR1);
var_dump($handled);
$ticker->cancel();
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
int(0)
bool(true)
bool(true)
int(0)
bool(true)
array(0) {
}
int(0)
int(2)
