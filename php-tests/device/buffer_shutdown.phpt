--TEST--
The script's end and a fatal error give device memory back: no report of left buffers, no violation
--SKIPIF--
<?php require __DIR__ . "/../include/device.inc"; Tusk\Tests\skip_without_simulated_devices(); ?>
--EXTENSIONS--
ffi
pcntl
--FILE--
<?php
require __DIR__ . "/../include/device.inc";
use Tusk\Device\{Device, Buffer, Tensor};
use function Tusk\Tests\{simulate, control, failure_text};
simulate();
$code = <<<'PHP'
$b = Tusk\Device\Device::cuda()->allocate(1 << 20);
Tusk\go(function () use ($b) { $b->write(str_repeat('x', 1 << 20)); Tusk\sleep(30); });
Tusk\sleep(0.001);
if ($argv[1] === 'fatal') {
    ini_set('memory_limit', '8M');
    str_repeat('x', 64 << 20);
}
if ($argv[1] === 'exit') {
    exit(3);
}
$b->read();
throw new Exception('uncaught');
PHP;
foreach (['fatal', 'exit', 'throw'] as $how) {
    $run = proc_open([getenv('TUSK_PHP'), '-d', 'tusk.stop_grace_ms=100', '-r', $code, '--', $how],
        [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes);
    $out = stream_get_contents($pipes[1]) . stream_get_contents($pipes[2]);
    echo $how, ' ', str_contains($out, 'never freed') ? 'left' : 'clean', ' ', proc_close($run), "\n";
}
?>
--EXPECT--
fatal clean 255
exit clean 3
throw clean 255
