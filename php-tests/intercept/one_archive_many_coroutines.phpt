--TEST--
Entries of one Phar or tar archive on a slow disk, read by many coroutines at once, are whole; so is one of who was cancelled
--SKIPIF--
<?php
require __DIR__ . '/../matrix/harness/row.php';
$row = new Tusk\Tests\Matrix\Row('', '', static fn () => null, needs: ['extension:phar', 'command:fusermount3', 'file:/dev/fuse', 'privilege:mount', 'extension:sockets', 'extension:posix']);
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
$tar = new PharData("$folder/made.tar");
for ($i = 0; $i < 4; $i++) {
    $tar["entry$i"] = $entry($i);
}
unset($tar);
copy("$folder/made.tar", "$folder/slow/archive.tar");

/** Says which entries were not as they were put in. */
$check = static function (string $how, Closure $read) use ($entry): void {
    $wrong = array_filter(each_of(4, $read), static fn (mixed $text, int $i): bool => $text !== $entry($i), ARRAY_FILTER_USE_BOTH);
    echo $how, ': ', $wrong ? 'wrong: ' . implode(', ', array_keys($wrong)) : 'whole', "\n";
};
$path = "phar://$folder/slow/archive.tar";
$check('opened at once', static fn (int $i): mixed => file_get_contents("$path/entry$i"));
$check('streams', static function (int $i) use ($path): string {
    $stream = fopen("$path/entry$i", 'r');
    for ($text = ''; !feof($stream);) {
        $text .= fread($stream, 8192);
        Tusk\sleep(0);
    }
    return $text;
});
$tar = new PharData("$folder/slow/archive.tar");
$check('objects', static fn (int $i): string => $tar["entry$i"]->getContent());
$cancelled = Tusk\go(static fn (): string => file_get_contents("$path/entry1"));
$check('beside one that is cancelled', static function (int $i) use ($path, $cancelled): mixed {
    if ($i === 2) {
        $cancelled->cancel();
    }
    return file_get_contents("$path/entry$i");
});
$check('written meanwhile', static function (int $i) use ($tar, $path, $entry): mixed {
    if ($i === 0) {
        $tar['added'] = 'more';
        return $tar['added']->getContent() === 'more' ? $entry(0) : 'not added';
    }
    return file_get_contents("$path/entry$i");
});
unset($tar);
$end();
exec('rm -rf ' . escapeshellarg($folder));
?>
--EXPECT--
opened at once: whole
streams: whole
objects: whole
beside one that is cancelled: whole
written meanwhile: whole
