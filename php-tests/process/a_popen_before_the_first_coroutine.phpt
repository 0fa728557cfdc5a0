--TEST--
popen() before the first coroutine: pclose() lets others run while it waits for the child, and has its status
--EXTENSIONS--
posix
--FILE--
<?php
// The child ends when another coroutine says so: a pclose() that blocks would wait for ever.
$fifo = sys_get_temp_dir() . '/tusk-popen-' . getmypid();
posix_mkfifo($fifo, 0600);
register_shutdown_function(static fn () => unlink($fifo));
foreach (['w', 'r'] as $mode) {
    $process = popen('read line < ' . escapeshellarg($fifo) . '; exit $line', $mode);
    $processes[] = $process;
}
// Without a coroutine it is as ever.
$plain = popen('echo plain; exit 3', 'r');
echo trim(fgets($plain)), ' ', pclose($plain), "\n";

Tusk\go(static function () use ($fifo): void {
    echo "another runs\n";
    foreach ([7, 9] as $status) {
        file_put_contents($fifo, "$status\n");
    }
});
$first = pclose($processes[0]);
echo "closed\n";
$second = pclose($processes[1]);
var_dump($first + $second === 16, in_array($first, [7, 9], true));
?>
--EXPECT--
plain 3
another runs
closed
bool(true)
bool(true)
