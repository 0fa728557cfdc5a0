--TEST--
Every sample of docs/guide.md prints what it says
--EXTENSIONS--
pcntl
--FILE--
<?php
require __DIR__ . '/../include/process.inc';

$guide = file_get_contents(__DIR__ . '/../../docs/guide.md');
preg_match_all('/^```php\n(.*?)^```$/ms', $guide, $samples, PREG_SET_ORDER | PREG_OFFSET_CAPTURE);
$run = 0;
foreach ($samples as [, [$sample, $offset]]) {
    if (!preg_match_all('/^\/\/ => (.*)$/m', $sample, $lines)) {
        continue;
    }
    $file = tempnam(sys_get_temp_dir(), 'tusk-guide');
    file_put_contents($file, "<?php\n$sample");
    $said = shell_exec(implode(' ', array_map('escapeshellarg', [...Tusk\Tests\php_with_tusk(), $file])) . ' 2>&1');
    unlink($file);
    if (trim((string) $said) !== trim(implode("\n", $lines[1]))) {
        $line = substr_count($guide, "\n", 0, $offset);
        echo "the sample at line $line says\n$said\n";
    }
    $run++;
}
echo $run >= 15 ? "all samples ran\n" : "only $run samples ran\n";
?>
--EXPECT--
all samples ran
