<?php
/** The same for folders, includes and functions that read whole files. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

require_once __DIR__ . '/../harness/slow_mount.php';

return [
    slow_row('slow: opendir, readdir, closedir', static function (): array {
        $folder = opendir('slow/deep');
        $names = [readdir($folder), readdir($folder), readdir($folder), readdir($folder)];
        closedir($folder);
        sort($names);
        return $names;
    }),
    slow_row('slow: DirectoryIterator', static function (): array {
        $names = [];
        foreach (new \DirectoryIterator('slow') as $file) {
            $names[$file->getFilename()] = $file->isFile() ? $file->getSize() : $file->getType();
        }
        ksort($names);
        return $names;
    }),
    slow_row('slow: glob', static fn (): array => [glob('slow/*'), glob('slow/*/b'), glob('slow/none/*')]),
    slow_row('slow: ftruncate', static function (): array {
        $file = fopen('slow/a', 'r+');
        return [ftruncate($file, 4), fclose($file), filesize('slow/a')];
    }),
    slow_row('slow: fwrite, fflush, fclose', static function (): array {
        $file = fopen('slow/a', 'a+');
        return [fwrite($file, 'more'), fflush($file), rewind($file), stream_get_contents($file), fclose($file)];
    }, 'plain file'),
    slow_row('slow: md5_file, hash_file', static fn (): array => [md5_file('slow/a'), hash_file('crc32b', 'slow/a'), @md5_file('slow/none')], 'plain file'),
    slow_row('slow: readfile', static fn (): int => readfile('slow/a'), 'plain file', 'output, bytes'),
    slow_row('slow: include', static fn (): array => include 'slow/code.php'),
    slow_row('slow: require_once', static fn (): array => [require_once 'slow/code.php', require_once 'slow/code.php']),
    slow_row('slow: include of what is not there', static fn (): mixed => include 'slow/none.php'),
    slow_row('slow: disk_free_space', static fn (): float => disk_free_space('slow')),
    slow_row('slow: SplFileInfo', static fn (): array => [(new \SplFileInfo('slow/a'))->getSize(), (new \SplFileInfo('slow/a'))->isFile()]),
    slow_row('slow: parse_ini_file, getimagesize', static fn (): array => [@parse_ini_file('slow/a'), @getimagesize('slow/a')], 'plain file'),
    slow_row('slow: tempnam', static fn (): array => [strlen(basename(tempnam('slow/deep', 'pre')))]),
];
