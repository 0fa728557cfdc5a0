--TEST--
A file that changes while its pages are vouched for is read as plain PHP reads it
--DESCRIPTION--
Reads of a file that was seen to be in memory are not asked to be without waiting for a second.
Another process truncates, replaces, appends and overwrites it meanwhile. Each change is made
whole before its reads, so plain PHP's contents are known: they are read by a plain process, too.
--FILE--
<?php
require __DIR__ . '/../include/process.inc';

$folder = Tusk\Tests\temporary_folder();
$file = "$folder/file";
/** Changes the file as a line says, reads it, and answers with what it saw. */
$other = proc_open([...Tusk\Tests\plain_php(), '-n', '-r', <<<'PHP'
    while (($line = fgets(STDIN)) !== false) {
        [$how, $bytes, $letter, $file] = explode(' ', trim($line));
        $text = str_repeat($letter, (int) $bytes);
        match ($how) {
            'append' => file_put_contents($file, $text, FILE_APPEND),
            'write' => file_put_contents($file, $text),
            'replace' => file_put_contents("$file.new", $text) && rename("$file.new", $file),
            'truncate' => ftruncate(fopen($file, 'r+'), (int) $bytes),
            'within' => fwrite(fopen($file, 'r+'), $text),
        };
        clearstatcache();
        echo filesize($file), ' ', md5_file($file), "\n";
    }
    PHP], [['pipe', 'r'], ['pipe', 'w']], $pipes);
$change = static function (string $how, int $bytes, string $letter) use ($pipes, $file): string {
    fwrite($pipes[0], "$how $bytes $letter $file\n");
    return trim(fgets($pipes[1]));
};
mt_srand((int) (getenv('TUSK_SEED') ?: 7));

Tusk\go(static function () use ($change, $file): void {
    $beside = Tusk\go(static function (): void {
        while (true) {
            Tusk\sleep(0.001);
        }
    });
    $change('write', 20_000, 'a');
    $kept = fopen($file, 'r');
    stream_set_read_buffer($kept, 0);
    [$wrong, $reads] = [[], 0];
    for ($round = 0; $round < 200; $round++) {
        // Often enough that the file is vouched for when it changes.
        for ($i = 0; $i < 12; $i++) {
            md5(file_get_contents($file));
            rewind($kept);
            fread($kept, 8192);
        }
        $how = ['append', 'write', 'replace', 'truncate', 'within'][$round % 5];
        $expected = $change($how, mt_rand(1, 40_000), chr(ord('a') + $round % 26));
        clearstatcache();
        $seen = [
            'file_get_contents' => strlen($all = file_get_contents($file)) . ' ' . md5($all),
            'file' => strlen($all = implode('', file($file))) . ' ' . md5($all),
            'md5_file' => filesize($file) . ' ' . md5_file($file),
            'fread' => strlen($all = stream_get_contents(fopen($file, 'r'))) . ' ' . md5($all),
        ];
        if ($how === 'replace') {
            // The descriptor is of the file that was replaced, which nobody changes any more.
            $kept = fopen($file, 'r');
            stream_set_read_buffer($kept, 0);
        }
        rewind($kept);
        for ($all = ''; ($part = fread($kept, 5000)) !== '' && $part !== false; $all .= $part) {
            // Short reads at the end only.
        }
        $seen['a descriptor that is kept'] = strlen($all) . ' ' . md5($all);
        foreach ($seen as $call => $value) {
            $reads++;
            $value === $expected || $wrong[] = "round $round, $how: $call saw $value, plain PHP $expected";
        }
    }
    $beside->cancel();
    echo implode("\n", array_slice($wrong, 0, 5)), count($wrong), ' of ', $reads, " wrong\n";
})->join();
fclose($pipes[0]);
echo proc_close($other), "\n";
array_map(unlink(...), glob("$folder/*"));
rmdir($folder);
?>
--EXPECT--
0 of 1000 wrong
0
