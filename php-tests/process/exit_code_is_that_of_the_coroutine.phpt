--TEST--
The exit code and message given in a coroutine are the process's
--FILE--
<?php
$run = function (string $code): void {
    exec(escapeshellarg(getenv('TUSK_PHP')) . ' -r ' . escapeshellarg($code) . ' 2>&1', $output, $status);
    echo implode('|', $output), " -> $status\n";
};
$run('Tusk\go(function () { exit(7); }); Tusk\sleep(1); echo "not reached";');
$run('Tusk\go(function () { exit("bye"); }); Tusk\sleep(1); echo "not reached";');
$run('Tusk\go(function () { Tusk\sleep(0.001); exit(8); });');
$run('Tusk\go(function () { Tusk\sleep(0.001); echo "ran to its end"; });');
?>
--EXPECT--
 -> 7
bye -> 0
 -> 8
ran to its end -> 0
