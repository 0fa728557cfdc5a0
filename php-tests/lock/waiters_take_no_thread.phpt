--TEST--
As many coroutines wait for a lock as there are threads for files, and its holder writes
--INI--
tusk.file_threads=4
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
require __DIR__ . '/../include/turns.inc';
$folder = Tusk\Tests\temporary_folder();
touch("$folder/lock");
$holder = fopen("$folder/lock", 'r+');
flock($holder, LOCK_EX);
$order = [];
foreach (range(1, 8) as $number) {
    $waiters[] = Tusk\go(function () use ($folder, $number, &$order) {
        $file = fopen("$folder/lock", 'r+');
        $locked = flock($file, LOCK_EX);
        $order[] = $number;
        flock($file, LOCK_UN);
        return $locked;
    });
}
turns(3);
// Each of these takes a thread: a large write, fsync, a large copy, a pattern.
$bytes = file_put_contents("$folder/large", str_repeat('x', 8 << 20));
$file = fopen("$folder/large", 'r+');
echo $bytes, ' ', var_export(fsync($file), true), ' ', var_export(copy("$folder/large", "$folder/copy"), true), ' ', count(glob("$folder/*")), "\n";
echo count($order), " have the lock\n";
flock($holder, LOCK_UN);
foreach ($waiters as $waiter) {
    $waiter->join() || print("not locked\n");
}
sort($order);
echo implode(' ', $order), "\n";
array_map(unlink(...), glob("$folder/*"));
rmdir($folder);
?>
--EXPECT--
8388608 true true 3
0 have the lock
1 2 3 4 5 6 7 8
