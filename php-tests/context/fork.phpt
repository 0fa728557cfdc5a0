--TEST--
A forked child keeps the context of the coroutine that forked
--EXTENSIONS--
pcntl
--FILE--
<?php
use Tusk\Context;
Context::set('who', 'main');
$forks = Tusk\go(function () {
    Context::set('who', 'the coroutine');
    Tusk\sleep(0);
    $pid = pcntl_fork();
    if ($pid === 0) {
        echo 'child: ', Context::get('who'), "\n";
        Tusk\go(fn () => print('its coroutine: ' . Context::get('who') . "\n"))->join();
        exit;
    }
    pcntl_waitpid($pid, $status);
    echo 'parent: ', $status, ' ', Context::get('who'), "\n";
});
$forks->join();
echo Context::get('who'), "\n";
--EXPECT--
child: the coroutine
its coroutine: the coroutine
parent: 0 the coroutine
main
