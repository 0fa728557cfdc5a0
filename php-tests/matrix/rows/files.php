<?php
/**
 * Plain files on the disk of this machine. They are compared; that they hold nobody up
 * shows where they are large or not cached. php-tests/matrix/rows/slow_mount.php has files
 * that really wait.
 */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

const LARGE = 256 << 20;

$tree = static function (string $folder): void {
    mkdir("$folder/tree/deep", 0700, true);
    foreach (['b', 'a', 'c.txt'] as $name) {
        file_put_contents("$folder/tree/$name", "contents of $name\nsecond line\n");
    }
    file_put_contents("$folder/tree/code.php", '<?php return strrev("' . "edoc" . '");');
    symlink('a', "$folder/tree/link");
};
/** A file of which nothing is in memory. */
$cold = static fn (int $bytes): \Closure => static function (string $folder) use ($bytes): void {
    $file = fopen("$folder/cold", 'w');
    for ($written = 0; $written < $bytes; $written += 1 << 20) {
        fwrite($file, str_repeat(md5((string) $written), 1 << 15));
    }
    fsync($file);
    fclose($file);
    // dd can tell the kernel to forget what is cached of a file.
    exec('dd of=' . escapeshellarg("$folder/cold") . ' oflag=nocache conv=notrunc,fdatasync count=0 2>/dev/null');
};
$mode = static fn (array $status): array => [decoct($status['mode']), $status['size'], $status['nlink']];

return [
    new Row('file_put_contents of 256 MiB', 'plain file', static fn (string $bytes): array => [file_put_contents('large', $bytes), filesize('large'), unlink('large')],
        setup: static fn (): string => str_repeat('0123456789abcdef', LARGE / 16), compared: 'bytes, size'),
    new Row('fwrite of 64 MiB', 'plain file', static function (string $bytes): array {
        $file = fopen('large', 'w+');
        return [fwrite($file, $bytes), ftell($file), fflush($file), ftruncate($file, 10), fclose($file), filesize('large')];
    }, setup: static fn (): string => str_repeat('x', 64 << 20)),
    new Row('fwrite to a full device', 'plain file', static function (): array {
        $file = fopen('/dev/full', 'w');
        return [fwrite($file, 'x'), fclose($file)];
    }, needs: ['file:/dev/full']),
    new Row('fwrite beyond the limit of a file', 'plain file', static function (): array {
        // 1 MiB is the limit of this process; SIGXFSZ is ignored, so the call says EFBIG.
        pcntl_signal(SIGXFSZ, SIG_IGN);
        posix_setrlimit(POSIX_RLIMIT_FSIZE, 1 << 20, 1 << 20);
        $file = fopen('limited', 'w');
        return [fwrite($file, str_repeat('x', 3 << 20)), filesize('limited')];
    }, needs: ['function:posix_setrlimit', 'extension:pcntl'], compared: 'bytes, warning'),
    new Row('file_get_contents of 64 MiB, not cached', 'plain file', static fn (): string => file_get_contents('cold'), setup: $cold(64 << 20)),
    new Row('md5_file of 64 MiB', 'plain file', static fn (): string => md5_file('cold'), setup: $cold(64 << 20)),
    new Row('hash_file of 32 MiB', 'plain file', static fn (): string => hash_file('sha256', 'cold'), setup: $cold(32 << 20)),
    new Row('copy of 64 MiB', 'interposition', static fn (): array => [copy('cold', 'copied'), filesize('copied') === filesize('cold')], setup: $cold(64 << 20)),
    new Row('stream_copy_to_stream of 64 MiB', 'interposition', static function (): array {
        $copied = stream_copy_to_stream(fopen('cold', 'r'), $to = fopen('copied', 'w'), 40 << 20, 3);
        fclose($to);
        return [$copied, filesize('copied')];
    }, setup: $cold(64 << 20)),
    new Row('readfile of 8 MiB', 'plain file', static fn (): int => readfile('cold'), setup: $cold(8 << 20), compared: 'output, bytes'),
    new Row('fpassthru', 'plain file', static function (): int {
        $file = fopen('cold', 'r');
        fseek($file, 5);
        return fpassthru($file);
    }, setup: $cold(2 << 20), compared: 'output, bytes'),
    new Row('fread, unbuffered, not cached', 'plain file', static function (): array {
        $file = fopen('cold', 'r');
        stream_set_read_buffer($file, 0);
        return [strlen(fread($file, 1_000_000)), strlen(fread($file, 3_000_000)), strlen(fread($file, 10)), feof($file)];
    }, setup: $cold(2 << 20)),
    new Row('fgets, fgetc, fseek, ftell, feof', 'plain file', static function (): array {
        $file = fopen('tree/a', 'r');
        return [fgets($file), fgetc($file), ftell($file), fseek($file, -3, SEEK_END), fgets($file), feof($file), fgets($file), feof($file), rewind($file), fread($file, 4)];
    }, setup: $tree),
    new Row('fopen modes', 'interposition', static function (): array {
        $results = [];
        foreach (['r', 'r+', 'w', 'w+', 'a', 'a+', 'x', 'x+', 'c', 'c+', 'rn', 'we', 'z'] as $mode) {
            $file = fopen("tree/mode-$mode", $mode);
            $again = fopen('tree/a', $mode === 'w' || $mode === 'w+' || $mode === 'we' ? 'r' : $mode);
            $results[$mode] = [(bool) $file, $again ? [stream_get_meta_data($again)['blocked'], fread($again, 100), fwrite($again, '.')] : false];
        }
        return $results;
    }, setup: $tree, compared: 'mode, contents, warnings'),
    new Row('fopen of what cannot be opened', 'interposition', static fn (): array => [
        fopen('none', 'r'), fopen('none/none', 'w'), fopen('tree', 'r+'), fopen('tree/a/b', 'r'), @fopen('/proc/none', 'w'), file_get_contents('none'), file_get_contents('tree'),
        file_put_contents('tree', 'x'), fopen(str_repeat('n', 300), 'r'),
    ], setup: $tree, compared: 'warnings'),
    new Row('fsync, fdatasync', 'interposition', static function (): array {
        $file = fopen('synced', 'w');
        fwrite($file, str_repeat('x', 8 << 20));
        return [fdatasync($file), fsync($file), fsync(fopen('php://memory', 'w'))];
    }),
    new Row('ftruncate of 128 MiB', 'interposition', static function (): array {
        $file = fopen('cut', 'r+');
        return [ftruncate($file, 3), fread($file, 10), ftruncate($file, 100), filesize('cut'), ftruncate(fopen('cut', 'r'), 1)];
    }, setup: static fn (string $folder) => file_put_contents("$folder/cut", str_repeat('x', 128 << 20))),
    new Row('tempnam, tmpfile', 'interposition', static function (): array {
        $name = tempnam('.', 'pre');
        $file = tmpfile();
        return [basename($name) !== '', filesize($name), fwrite($file, 'abc'), rewind($file), fread($file, 10), unlink($name)];
    }),
    new Row('rename', 'interposition', static fn (): array => [rename('tree/a', 'tree/moved'), is_file('tree/moved'), rename('tree/none', 'tree/x'), rename('tree', 'tree/deep/x')], setup: $tree),
    new Row('unlink', 'interposition', static fn (): array => [unlink('tree/a'), file_exists('tree/a'), unlink('tree/a'), unlink('tree/deep'), unlink('tree/link')], setup: $tree),
    new Row('mkdir, rmdir', 'interposition', static fn (): array => [mkdir('one'), mkdir('one'), mkdir('two/three/four', 0755, true), rmdir('two'), rmdir('two/three/four'), rmdir('none')]),
    new Row('stat, lstat, fstat', 'interposition', static fn (): array => [$mode(stat('tree/a')), $mode(lstat('tree/link')), $mode(fstat(fopen('tree/b', 'r'))), stat('none'), lstat('none')], setup: $tree, compared: 'mode, size, links'),
    new Row('file_exists, is_file, is_dir, is_link, is_readable, is_writable, is_executable', 'interposition', static fn (): array => array_map(
        static fn (string $path): array => [file_exists($path), is_file($path), is_dir($path), is_link($path), is_readable($path), is_writable($path), is_executable($path)],
        ['tree', 'tree/a', 'tree/link', 'none', '/', "with\0null", ''],
    ), setup: $tree),
    new Row('filesize, filemtime, fileperms, fileowner, filetype', 'interposition', static fn (): array => [
        filesize('tree/a'), filemtime('tree/a') > 1e9, decoct(fileperms('tree/a')), fileowner('tree/a') === fileowner('tree'), filetype('tree/link'), filesize('none'), filetype('none'),
    ], setup: $tree),
    new Row('touch, chmod, umask', 'interposition', static fn (): array => [
        touch('tree/new', 1_000_000_000, 1_000_000_001), filemtime('tree/new'), fileatime('tree/new'), chmod('tree/new', 0640), decoct(fileperms('tree/new')), chmod('none', 0600), touch('none/none'), umask() >= 0,
    ], setup: $tree),
    new Row('symlink, readlink, link, realpath', 'interposition', static fn (): array => [
        symlink('a', 'tree/second'), readlink('tree/second'), link('tree/a', 'tree/hard'), stat('tree/a')['nlink'], realpath('tree/link'), realpath('tree/../tree/./deep'), realpath('none'), readlink('tree/a'), symlink('x', 'tree/second'), link('none', 'x'),
    ], setup: $tree),
    new Row('scandir', 'interposition', static fn (): array => [scandir('tree'), scandir('tree', SCANDIR_SORT_DESCENDING), scandir('none'), scandir('tree/a')], setup: $tree),
    new Row('opendir, readdir, rewinddir, dir', 'interposition', static function (): array {
        $folder = opendir('tree');
        for ($names = []; ($name = readdir($folder)) !== false;) {
            $names[] = $name;
        }
        rewinddir($folder);
        sort($names);
        return [$names, is_string(readdir($folder)), closedir($folder), is_string(dir('tree')->read()), opendir('none')];
    }, setup: $tree),
    new Row('DirectoryIterator, RecursiveDirectoryIterator', 'interposition', static function (): array {
        $names = [];
        foreach (new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator('.', \FilesystemIterator::SKIP_DOTS)) as $path => $file) {
            $names[] = [$path, $file->getSize(), $file->isLink()];
        }
        sort($names);
        return $names;
    }, setup: $tree),
    new Row('glob', 'interposition', static fn (): array => [glob('tree/*'), glob('tree/{a,c*}', GLOB_BRACE), glob('none/*'), glob('tree/*', GLOB_ONLYDIR | GLOB_MARK), glob('tree/none', GLOB_NOCHECK)], setup: $tree),
    new Row('disk_free_space, disk_total_space', 'interposition', static fn (): array => [disk_free_space('.') > 0, disk_total_space('.') > 0, disk_free_space('none')]),
    new Row('file, parse_ini_file', 'plain file', static fn (): array => [file('tree/a'), file('tree/a', FILE_IGNORE_NEW_LINES), file('none'), parse_ini_file('tree/c.ini'), parse_ini_file('none')],
        setup: static function (string $folder) use ($tree): void {
            $tree($folder);
            file_put_contents("$folder/tree/c.ini", "a = 1\nb[] = x\n");
        }),
    new Row('include, require, include_once', 'interposition', static fn (): array => [include 'tree/code.php', require 'tree/code.php', include_once 'tree/code.php', include_once 'tree/code.php', include 'none.php'], setup: $tree),
    new Row('SplFileObject', 'plain file', static function (): array {
        $file = new \SplFileObject('tree/a', 'r+');
        $lines = iterator_to_array($file);
        return [$lines, $file->fwrite('more'), $file->ftell(), $file->eof(), $file->getSize()];
    }, setup: $tree),
    new Row('fputcsv, fgetcsv', 'plain file', static function (): array {
        $file = fopen('table.csv', 'w+');
        return [fputcsv($file, ['a', 'b "c"', "d\ne"]), rewind($file), fgetcsv($file), fgetcsv($file)];
    }),
    new Row('php://temp over 2 MiB', 'plain file', static function (): array {
        $file = fopen('php://temp', 'w+');
        return [fwrite($file, str_repeat('x', 20 << 20)), rewind($file), strlen(stream_get_contents($file)), fstat($file)['size']];
    }),
    new Row('compress.zlib://', 'plain file', static fn (): array => [file_put_contents('compress.zlib://z.gz', str_repeat('abc', 1 << 20)), md5(file_get_contents('compress.zlib://z.gz'))], needs: ['extension:zlib']),
    new Row('finfo, getimagesize, exif', 'plain file', static fn (): array => [(new \finfo(FILEINFO_MIME))->file('tree/a'), getimagesize('tree/a'), getimagesize('none')], setup: $tree, needs: ['extension:fileinfo']),
    new Row('stream_set_blocking, stream_get_meta_data', 'plain file', static function (): array {
        $file = fopen('tree/a', 'r');
        $before = stream_get_meta_data($file);
        $set = stream_set_blocking($file, false);
        return [$before['blocked'], $before['timed_out'], $set, stream_get_meta_data($file)['blocked'], fread($file, 5)];
    }, setup: $tree),
];
