--TEST--
tusk.dump_signal: a process that waits, and one that computes, says where it is
--EXTENSIONS--
pcntl
posix
--INI--
tusk.dump_signal=SIGRTMIN+1
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
$log = tempnam(sys_get_temp_dir(), 'tusk-dump');
// SIGRTMIN+1: glibc keeps two real-time signals for itself, musl three.
$signal = str_contains(file_get_contents('/proc/self/maps'), 'musl') ? 36 : 35;
function logged(string $log, int $dumps): string
{
    // Each dump begins with a line of its own; it is written in one go.
    while (substr_count($text = (string) file_get_contents($log), 'coroutines, ') < $dumps) { usleep(1000); }
    return $text;
}
ini_set('error_log', $log);
$parent = getmypid();
$waits = Tusk\go(function (string $password) { Tusk\sleep(60); }, 'secret');
Tusk\go(function () use ($parent, $signal, $log) {
    // While all wait, in a coroutine's own turn.
    if (($pid = pcntl_fork()) === 0) { usleep(20_000); posix_kill($parent, $signal); posix_kill(getmypid(), SIGKILL); }
});
do {
    // On a busy machine the child may take longer than one of these.
    $start = hrtime(true);
    Tusk\sleep(0.1);
    $slept = (hrtime(true) - $start) / 1e6;
} while ($slept >= 100 && clearstatcache() === null && filesize($log) === 0);
echo $slept >= 100 ? "the sleep was not ended\n" : "woken after $slept ms\n";
$text = logged($log, 1);
echo preg_match('/coroutine #0 \(the main script\) waits in Tusk\\\\sleep\(\)/', $text), preg_match('/coroutine #1 waits in Tusk\\\\sleep\(\).*spawned at/', $text), "\n";
echo str_contains($text, 'secret') ? "the arguments are shown\n" : "no arguments\n";
// While it computes.
posix_kill($parent, $signal);
for ($i = 0; $i < 1000; $i++);
echo preg_match('/coroutine #0 \(the main script\) is running at/', logged($log, 2)), "\n";
// PHP's own signal handlers are as they were.
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, fn () => print("the handler ran\n"));
posix_kill($parent, SIGUSR1);
Tusk\sleep(0);
$waits->cancel();
unlink($log);
foreach (['SIGKILL', '9', 'SIGRTMIN+99', 'nonsense', 'SIGRTMIN+1x'] as $wrong) {
    $said = shell_exec(implode(' ', array_map('escapeshellarg', [...Tusk\Tests\php_with_tusk(), '-d', "tusk.dump_signal=$wrong", '-d', 'display_errors=1', '-r', 'echo "[", ini_get("tusk.dump_signal"), "]";'])) . ' 2>/dev/null');
    echo strtok(trim((string) $said), "\n"), "\n";
}
foreach (['SIGUSR2', 'sigrtmin', 'SIGRTMAX-1', '40', ''] as $right) {
    echo shell_exec(implode(' ', array_map('escapeshellarg', [...Tusk\Tests\php_with_tusk(), '-d', "tusk.dump_signal=$right", '-d', 'display_errors=1', '-r', 'echo "[", ini_get("tusk.dump_signal"), "]";'])) . ' 2>/dev/null'), "\n";
}
--EXPECTF--
the sleep was not ended
11
no arguments
1
the handler ran
Warning: Tusk: tusk.dump_signal cannot be "SIGKILL"; expected SIGUSR1, SIGUSR2, SIGRTMIN+n, SIGRTMAX-n, the number of one of them, or nothing. The previous value stays in Unknown on line 0
Warning: Tusk: tusk.dump_signal cannot be "9"; expected %s
Warning: Tusk: tusk.dump_signal cannot be "SIGRTMIN+99"; expected %s
Warning: Tusk: tusk.dump_signal cannot be "nonsense"; expected %s
Warning: Tusk: tusk.dump_signal cannot be "SIGRTMIN+1x"; expected %s
[SIGUSR2]
[sigrtmin]
[SIGRTMAX-1]
[40]
[]
