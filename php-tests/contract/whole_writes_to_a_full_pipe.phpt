--TEST--
CONTRACT 5: echo, STDERR and error_log() to a full pipe are written whole, in order, without a switch
--FILE--
<?php
require __DIR__ . '/../include/process.inc';

$script = tempnam(sys_get_temp_dir(), 'tusk-script-');
file_put_contents($script, <<<'PHP'
<?php
$kind = $argv[1];
for ($i = 0; $i < 8; $i++) {
    Tusk\go(function () use ($kind, $i) {
        for ($k = 0; $k < 3; $k++) {
            $text = str_repeat(chr(65 + $i), 300000) . "\n";
            match ($kind) {
                'echo' => print($text),
                'STDERR' => fwrite(STDERR, $text),
                'error_log' => error_log(rtrim($text)),
            };
            Tusk\sleep(0);
        }
    });
}
PHP);

foreach (['echo' => 1, 'STDERR' => 2, 'error_log' => 2] as $kind => $number) {
    $process = proc_open([...Tusk\Tests\php_with_tusk(), '-d', 'error_log=', '-d', 'tusk.block_warn=0', '-d', 'log_errors_max_len=0', $script, $kind],
        [$number => ['pipe', 'w']], $pipes);
    usleep(100000); // the pipe is full by now
    $lines = explode("\n", trim(stream_get_contents($pipes[$number])));
    $torn = array_filter($lines, fn($line) => $line !== str_repeat($line[0], 300000));
    echo "$kind: ", count($lines), ' lines, ', count($torn), ' torn, ', implode(array_map(fn($line) => $line[0], $lines)), "\n";
    proc_close($process);
}
unlink($script);
?>
--EXPECT--
echo: 24 lines, 0 torn, ABCDEFGHABCDEFGHABCDEFGH
STDERR: 24 lines, 0 torn, ABCDEFGHABCDEFGHABCDEFGH
error_log: 24 lines, 0 torn, ABCDEFGHABCDEFGHABCDEFGH
