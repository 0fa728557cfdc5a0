--TEST--
CONTRACT 17: a signal ends sleep() and stream_select() of the main script as in PHP, and no read
--EXTENSIONS--
pcntl
posix
--FILE--
<?php
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, function () {
    echo "signal\n";
});

// A child sends the signal, for a coroutine of ours would have to wait for it.
function interrupted(callable $waits): mixed
{
    $parent = getmypid();
    $child = proc_open(['/bin/sh', '-c', "sleep 0.2; kill -USR1 $parent; sleep 0.2; kill -USR1 $parent"], [], $pipes);
    $result = $waits();
    proc_terminate($child);
    while (proc_get_status($child)['running']) {
        usleep(1000);
    }
    return $result;
}

Tusk\go(function () {
    Tusk\sleep(3);
});
echo 'sleep: ' . interrupted(fn() => sleep(5)) . "\n";
$left = interrupted(fn() => time_nanosleep(5, 0));
echo 'time_nanosleep: ', $left['seconds'], ' ', $left['nanoseconds'] > 0 ? 'and some' : 'sharp', "\n";
$start = hrtime(true);
interrupted(fn() => usleep(5000000));
echo 'usleep: ', hrtime(true) - $start < 3e9 ? 'early' : 'late', "\n";
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$read = [$b];
echo json_encode(@interrupted(function () use (&$read) {
    return stream_select($read, $none, $none, 5);
})), ' ', preg_replace('/max_fd=\d+/', 'max_fd=N', error_get_last()['message']), ' ', count($read), "\n";
$server = stream_socket_server('tcp://127.0.0.1:0');
echo json_encode(@interrupted(fn() => stream_socket_accept($server, 5))), ' ', error_get_last()['message'], "\n";
stream_set_timeout($b, 1);
$start = hrtime(true);
echo json_encode(interrupted(fn() => fread($b, 10))), ' ', hrtime(true) - $start > 0.9e9 ? 'not interrupted' : 'interrupted', "\n";
$until = microtime(true) + 1.5;
echo json_encode(interrupted(fn() => time_sleep_until($until))), ' ', microtime(true) >= $until ? 'not interrupted' : 'interrupted', "\n";
?>
--EXPECT--
signal
sleep: 4
signal
time_nanosleep: 4 and some
signal
usleep: early
signal
false stream_select(): Unable to select [4]: Interrupted system call (max_fd=N) 1
signal
false stream_socket_accept(): Accept failed: Interrupted system call
signal
signal
false not interrupted
signal
signal
true not interrupted
