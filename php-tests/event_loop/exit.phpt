--TEST--
exit() in a callback ends the script; a timer alone does not keep it
--FILE--
<?php
use Tusk\EventLoop;
register_shutdown_function(fn () => print("shutdown\n"));
EventLoop::delay(60, fn () => print("must not fire\n"));
EventLoop::repeat(0.001, function () { static $n; if (++$n === 3) { exit("bye\n"); } });
EventLoop::run();
echo "must not be reached\n";
?>
--EXPECT--
bye
shutdown
