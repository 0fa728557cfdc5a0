--TEST--
A child whose proc_close() was cancelled is reaped without waiting: a later child with its number keeps its status
--EXTENSIONS--
pcntl
posix
--SKIPIF--
<?php
exec('unshare --map-root-user --pid --fork sh -c "echo 500 > /proc/sys/kernel/ns_last_pid" 2>&1', $output, $status);
if ($status !== 0) echo 'skip may not choose the number of a process: ', implode(' ', $output);
?>
--FILE--
<?php
$script = <<<'PHP'
    $next_is = static fn (int $number) => file_put_contents('/proc/sys/kernel/ns_last_pid', (string) ($number - 1));
    $process = proc_open(['sleep', '60'], [], $pipes);
    $child = proc_get_status($process)['pid'];
    $close = Tusk\go(static fn (): int => proc_close($process));
    unset($process);
    Tusk\sleep(0);
    $close->cancel();
    try {
        $close->join();
    } catch (Tusk\CancelledException) {
    }
    posix_kill($child, SIGKILL);
    while (($reaped = pcntl_waitpid($child, $status, WNOHANG)) === 0) {
    }
    var_dump($reaped === $child && pcntl_wtermsig($status) === SIGKILL);

    $next_is($child);
    $second = pcntl_fork();
    if ($second === 0) {
        exit(7);
    }
    var_dump($second === $child);
    // Who waits for another one looks after those that nobody wants.
    $third = pcntl_fork();
    if ($third === 0) {
        sleep(60);
        exit(0);
    }
    while (!preg_match('/^State:\s+Z/m', (string) file_get_contents("/proc/$second/status"))) {
        usleep(1000);
    }
    $waits = Tusk\go(static fn (): int => pcntl_waitpid($third, $status));
    Tusk\sleep(0);
    posix_kill($third, SIGKILL);
    var_dump($waits->join() === $third);
    var_dump(pcntl_waitpid($second, $status) === $second && pcntl_wexitstatus($status) === 7);
    PHP;
passthru('unshare --map-root-user --mount --mount-proc --pid --fork sh -c '
    . escapeshellarg(getenv('TUSK_PHP') . ' -r ' . escapeshellarg($script)) . ' 2>&1');
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
