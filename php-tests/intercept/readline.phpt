--TEST--
readline() of a terminal lets others run, and two coroutines that ask get a line each
--EXTENSIONS--
readline
--SKIPIF--
<?php
$terminal = @proc_open(['true'], [['pty']], $pipes);
$terminal || exit('skip needs terminals (pty)');
?>
--INI--
error_log={TMP}/tusk-readline.log
--FILE--
<?php
require __DIR__ . '/../include/process.inc';

$script = <<<'PHP'
    $turns = 0;
    $beside = Tusk\go(function () use (&$turns) {
        while (true) {
            Tusk\sleep(0.001);
            if (++$turns === 5) {
                fwrite(STDERR, "others run\n");
            }
        }
    });
    $one = Tusk\go(fn () => readline());
    $two = Tusk\go(fn () => readline());
    fwrite(STDERR, json_encode([$one->join(), $two->join()]) . "\n");
    $beside->cancel();
    PHP;
$process = proc_open([...Tusk\Tests\php_with_tusk(), '-r', $script], [['pty'], ['pty'], ['pipe', 'w']], $pipes, null, ['TERM' => 'dumb'] + getenv());
// Nothing is typed before others were seen to run.
echo fgets($pipes[2]);
fwrite($pipes[0], "first\nsecond\n");
echo fgets($pipes[2]);
proc_close($process);
?>
--EXPECT--
others run
["first","second"]
