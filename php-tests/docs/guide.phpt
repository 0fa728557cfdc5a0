--TEST--
Every sample of docs/guide.md, docs/guide and docs/zh prints what it says
--EXTENSIONS--
pcntl
--FILE--
<?php
require __DIR__ . '/../include/process.inc';

foreach (['guide.md' => 15, 'guide/README.md' => 7, 'zh/README.md' => 7] as $name => $least) {
    $guide = file_get_contents(__DIR__ . "/../../docs/$name");
    // A sample in a list is indented, and so is its fence.
    preg_match_all('/^( *)```php\n(.*?)^\1```$/ms', $guide, $samples, PREG_SET_ORDER | PREG_OFFSET_CAPTURE);
    $run = 0;
    foreach ($samples as [, , [$sample, $offset]]) {
        if (!preg_match_all('/^ *\/\/ => (.*)$/m', $sample, $lines)) {
            continue;
        }
        $file = tempnam(sys_get_temp_dir(), 'tusk-guide');
        file_put_contents($file, "<?php\n$sample");
        $said = shell_exec(implode(' ', array_map('escapeshellarg', [...Tusk\Tests\php_with_tusk(), $file])) . ' 2>&1');
        unlink($file);
        if (trim((string) $said) !== trim(implode("\n", $lines[1]))) {
            $line = substr_count($guide, "\n", 0, $offset);
            echo "the sample at line $line of $name says\n$said\n";
        }
        $run++;
    }
    echo $run >= $least ? "all samples ran\n" : "only $run samples of $name ran\n";
}
?>
--EXPECT--
all samples ran
all samples ran
all samples ran
