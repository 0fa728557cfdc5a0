--TEST--
A coroutine that waits for a lock, a child, a FIFO or a pipe can be cancelled; nothing is left open
--EXTENSIONS--
posix
pcntl
--INI--
session.use_cookies=0
session.cache_limiter=
--FILE--
<?php
ob_start(); // a session's settings cannot change after output
require __DIR__ . '/../include/process.inc';
require __DIR__ . '/../include/turns.inc';
$folder = Tusk\Tests\temporary_folder();
touch("$folder/lock");
posix_mkfifo("$folder/fifo", 0600);
$holder = fopen("$folder/lock", 'r+');
flock($holder, LOCK_EX);
$waits = [
    'flock' => fn () => flock(fopen("$folder/lock", 'r+'), LOCK_EX),
    'fopen of a FIFO for reading' => fn () => fopen("$folder/fifo", 'r'),
    'fopen of a FIFO for writing' => fn () => fopen("$folder/fifo", 'w'),
    'fread of a FIFO' => fn () => fread(fopen("$folder/fifo", 'r+'), 10),
    'shell_exec' => fn () => shell_exec('exec sleep 30'),
    'pclose' => fn () => pclose(popen('exec sleep 30 >&-', 'r')),
    'pcntl_wait' => fn () => pcntl_wait($status),
    'session_start' => function () use ($folder) {
        session_save_path($folder);
        session_id('locked');
        return session_start();
    },
];
$session = fopen("$folder/sess_locked", 'w');
flock($session, LOCK_EX);
// A child that lasts, for pcntl_wait; the shells' children end with the test's process group.
$child = proc_open(['sleep', '30'], [], $pipes);
$open = fn () => count(scandir('/proc/self/fd'));
// What is opened once, at the first wait of its kind, is no leak.
$waits = ['flock at first' => $waits['flock']] + $waits;
foreach ($waits as $name => $wait) {
    $waiter = Tusk\go(function () use ($wait, $name) {
        try {
            @$wait();
            return 'returned';
        } catch (Tusk\CancelledException) {
            return 'cancelled';
        }
    });
    Tusk\sleep(0.02);
    $waiter->cancel();
    echo $name, ': ', $waiter->join(), "\n";
    $before ??= $open();
}
session_abort();
gc_collect_cycles();
echo $open() - $before, " descriptors more\n";
proc_terminate($child, SIGKILL);
array_map(unlink(...), glob("$folder/*"));
rmdir($folder);
?>
--EXPECT--
flock at first: cancelled
flock: cancelled
fopen of a FIFO for reading: cancelled
fopen of a FIFO for writing: cancelled
fread of a FIFO: cancelled
shell_exec: cancelled
pclose: cancelled
pcntl_wait: cancelled
session_start: cancelled
0 descriptors more
