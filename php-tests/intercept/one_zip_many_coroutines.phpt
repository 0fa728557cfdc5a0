--TEST--
Entries of one zip archive on a slow disk, read by many coroutines at once, are whole
--SKIPIF--
<?php
require __DIR__ . '/../matrix/harness/row.php';
$row = new Tusk\Tests\Matrix\Row('', '', static fn () => null, needs: ['extension:zip', 'command:fusermount3', 'file:/dev/fuse', 'privilege:mount', 'extension:sockets', 'extension:posix']);
$row->missing() === null || exit('skip ' . $row->missing());
?>
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
require __DIR__ . '/../include/parallel.inc';
require __DIR__ . '/../matrix/harness/row.php';
require __DIR__ . '/../matrix/harness/slow_mount.php';
use function Tusk\Tests\each_of;

ini_set('error_log', '/dev/null');
$folder = Tusk\Tests\temporary_folder();
$end = Tusk\Tests\Matrix\mount_slowly($folder);
$entry = static fn (int $i): string => str_repeat("$i", 20_000);
/** Says which entries were not as they were put in. */
$check = static function (string $how, Closure $read) use ($entry): void {
    $wrong = array_filter(each_of(4, $read), static fn (mixed $text, int $i): bool => $text !== $entry($i), ARRAY_FILTER_USE_BOTH);
    echo $how, ': ', $wrong ? 'wrong: ' . implode(', ', array_keys($wrong)) : 'whole', "\n";
};
$zip = new ZipArchive();
$zip->open("$folder/made.zip", ZipArchive::CREATE);
for ($i = 0; $i < 4; $i++) {
    // Not compressed, so that each is read in several parts.
    $zip->addFromString("entry$i", $entry($i));
    $zip->setCompressionIndex($i, ZipArchive::CM_STORE);
}
$zip->close();
copy("$folder/made.zip", "$folder/slow/archive.zip");
$zip->open("$folder/slow/archive.zip");
$check('ZipArchive', static fn (int $i): mixed => $zip->getFromName("entry$i"));
$check('zip://', static fn (int $i): mixed => file_get_contents("zip://$folder/slow/archive.zip#entry$i"));
// The server of the mount ends when nothing of it is open.
$zip->close();
$end();
exec('rm -rf ' . escapeshellarg($folder));
?>
--EXPECT--
ZipArchive: whole
zip://: whole
