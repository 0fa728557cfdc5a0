--TEST--
pcntl handlers run while all coroutines wait, and a signal ends the main script's sleep
--EXTENSIONS--
posix
pcntl
--FILE--
<?php
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, function () { echo "handler\n"; });
$pid = getmypid();
Tusk\go(function () use ($pid) {
    Tusk\sleep(0.02);
    posix_kill($pid, SIGUSR1);
    Tusk\sleep(0.02);
    echo "the coroutine goes on\n";
});
$begun = hrtime(true);
$left = sleep(30);
echo $left > 20 && hrtime(true) - $begun < 10e9 ? "sleep() says what was left\n" : "sleep() went on: $left\n";
Tusk\sleep(0.1);
?>
--EXPECT--
handler
sleep() says what was left
the coroutine goes on
