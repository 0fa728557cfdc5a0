--TEST--
max_execution_time ends a coroutine that computes, with others parked
--FILE--
<?php
$code = 'Tusk\go(function () { Tusk\sleep(60); }); Tusk\go(function () { while (true) { strlen("x"); } }); Tusk\sleep(60);';
exec(escapeshellarg(getenv('TUSK_PHP')) . ' -d max_execution_time=1 -r ' . escapeshellarg($code) . ' 2>&1', $output, $status);
echo trim(implode("\n", $output)), "\n -> $status\n";
?>
--EXPECT--
Fatal error: Maximum execution time of 1 second exceeded in Command line code on line 1
 -> 255
