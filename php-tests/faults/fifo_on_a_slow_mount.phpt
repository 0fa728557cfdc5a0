--TEST--
Opening FIFOs of a slow mount keeps no thread from other files, also when it is cancelled
--SKIPIF--
<?php
require __DIR__ . '/../matrix/harness/row.php';
$row = new Tusk\Tests\Matrix\Row('', '', static fn () => null, needs: ['command:fusermount3', 'file:/dev/fuse', 'privilege:mount', 'extension:sockets', 'extension:posix']);
$row->missing() === null || exit('skip ' . $row->missing());
?>
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
require __DIR__ . '/../matrix/harness/row.php';
require __DIR__ . '/../matrix/harness/slow_mount.php';

$folder = Tusk\Tests\temporary_folder();
$end = Tusk\Tests\Matrix\mount_slowly($folder);
$turns = 0;
Tusk\go(static function () use ($folder, &$turns): void {
    $beside = Tusk\go(static function () use (&$turns): void {
        while (true) {
            Tusk\sleep(0.001);
            $turns++;
        }
    });
    // Now the mount is known to be slow.
    file_get_contents("$folder/slow/a");
    // More than there are threads.
    for ($readers = [], $n = 0; $n < 40; $n++) {
        $readers[] = Tusk\go(static fn (): mixed => fopen("$folder/slow/pipe", 'r'));
    }
    $before = $turns;
    echo file_get_contents("$folder/slow/a");
    echo $turns > $before ? "others went on\n" : "nobody else ran\n";
    foreach (array_splice($readers, 0, 20) as $reader) {
        $reader->cancel();
        try {
            $reader->join();
        } catch (Tusk\CancelledException) {
            // As asked.
        }
    }
    $writer = fopen("$folder/slow/pipe", 'w');
    $opened = array_map(static fn (Tusk\Coroutine $reader): bool => is_resource($reader->join()), $readers);
    echo count(array_filter($opened)), " opened, a line ", fwrite($writer, "line\n"), "\n";
    echo file_get_contents("$folder/slow/a");
    $beside->cancel();
})->join();
$end();
rmdir("$folder/slow");
rmdir($folder);
?>
--EXPECT--
line one
line two
others went on
20 opened, a line 5
line one
line two
