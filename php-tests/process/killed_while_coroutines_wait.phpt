--TEST--
SIGTERM and SIGKILL end a process in which coroutines wait, as ever
--EXTENSIONS--
posix
pcntl
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
$code = 'for ($i = 0; $i < 100; $i++) { Tusk\go(function () { Tusk\sleep(60); }); }
    Tusk\go(function () { Tusk\sleep(0.001); fwrite(STDERR, "ready"); }); Tusk\sleep(60);';
foreach ([SIGTERM, SIGKILL, SIGINT] as $signal) {
    $process = Tusk\Tests\Process::start([...Tusk\Tests\php_with_tusk(), '-r', $code]);
    $process->waitForOutput('ready')->signal($signal);
    echo $process->wait() - 128, "\n";
}
?>
--EXPECT--
15
9
2
