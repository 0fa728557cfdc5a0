--TEST--
A forked child has none of its parent's timers and watches
--EXTENSIONS--
pcntl
--FILE--
<?php
use Tusk\EventLoop;
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
EventLoop::delay(0.02, function () { echo "the parent's timer\n"; EventLoop::stop(); });
EventLoop::onReadable($a, fn () => print('parent read ' . fread($a, 10) . "\n"));
EventLoop::delay(0.001, function () use ($b) {
    $pid = pcntl_fork();
    if ($pid === 0) {
        echo 'child has ', EventLoop::timerCount(), ' timers and ', Tusk\Runtime::stats()['watches'], " watches\n";
        EventLoop::delay(0.001, function () { echo "the child's timer\n"; EventLoop::stop(); });
        EventLoop::run();
        exit(0);
    }
    pcntl_waitpid($pid, $status);
    echo "child ended with $status\n";
    fwrite($b, 'x');
});
EventLoop::run();
?>
--EXPECT--
child has 0 timers and 0 watches
the child's timer
child ended with 0
parent read x
the parent's timer
