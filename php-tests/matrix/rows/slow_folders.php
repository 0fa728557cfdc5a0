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
    slow_row('slow: fsync, fdatasync', static function (): array {
        $file = fopen('slow/a', 'a');
        return [fwrite($file, 'more'), fsync($file), fwrite($file, 'and more'), fdatasync($file), fclose($file), file_get_contents('slow/a')];
    }),
    slow_row('slow: SplFileObject', static function (): array {
        $file = new \SplFileObject('slow/a', 'r+');
        return [$file->fgets(), $file->fgets(), $file->eof(), $file->fwrite('more'), $file->fflush(), $file->ftell(), $file->fseek(0), $file->fread(4), $file->fstat()['size']];
    }, 'plain file'),
    slow_row('slow: SplFileObject, iterated', static fn (): array => iterator_to_array(new \SplFileObject('slow/a')), 'plain file'),
    slow_row('slow: symlink, readlink, is_link', static fn (): array => [@symlink('a', 'slow/link'), @readlink('slow/link'), is_link('slow/link')]),
    slow_row('slow: fseek, ftell, fpassthru', static function (): array {
        $file = fopen('slow/a', 'r');
        return [fseek($file, -4, SEEK_END), ftell($file), fgets($file), rewind($file), fpassthru($file), fclose($file)];
    }, 'plain file'),
    slow_row('slow: fputcsv, fgetcsv', static function (): array {
        $file = fopen('slow/csv', 'w+');
        return [fputcsv($file, ['a', 'b c']), rewind($file), fgetcsv($file), fclose($file)];
    }, 'plain file'),
    slow_row('slow: flock', static function (): array {
        $file = fopen('slow/a', 'r+');
        return [flock($file, LOCK_EX), flock($file, LOCK_UN), file_put_contents('slow/a', 'locked', LOCK_EX)];
    }),
    slow_row('slow: stream_copy_to_stream', static function (): array {
        $to = fopen('slow/copied', 'w+');
        return [stream_copy_to_stream(fopen('slow/a', 'r'), $to), rewind($to), fgets($to)];
    }, 'plain file'),
    slow_row('slow: sha1_file, highlight_file, php_strip_whitespace', static fn (): array => [sha1_file('slow/a'), highlight_file('slow/code.php', true), php_strip_whitespace('slow/code.php')], 'plain file'),
    slow_row('slow: chdir', static fn (): array => [chdir('slow/deep'), file_get_contents('b'), basename(getcwd()), chdir('none'), chdir('../..')]),
    slow_row('slow: error_log', static fn (): array => [error_log("said\n", 3, 'slow/log'), file_get_contents('slow/log')], 'plain file'),
    slow_row('slow: RecursiveDirectoryIterator', static function (): array {
        $files = iterator_to_array(new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator('slow', \FilesystemIterator::SKIP_DOTS)));
        ksort($files);
        return array_map(static fn (\SplFileInfo $file): string => $file->getType(), $files);
    }),
    new Row('slow: session_start, session_write_close', 'interposition', static function (): array {
        session_save_path('slow');
        session_id('tusktest');
        $steps = [session_start(), $_SESSION];
        $_SESSION['n'] = 5;
        return [...$steps, session_write_close(), session_start(), $_SESSION, session_destroy(), glob('slow/sess*')];
    }, waits: 0.014, setup: mount_slowly(...), teardown: static fn (\Closure $end) => $end(), needs: [...SLOW_NEEDS, 'extension:session'],
        ini: ['session.use_cookies' => '0', 'session.cache_limiter' => '']),
    new Row('slow: DOMDocument::load, simplexml_load_file', 'plain file', static fn (): array => [
        file_put_contents('slow/x.xml', '<a><b>text</b></a>'), (string) simplexml_load_file('slow/x.xml')->b, (new \DOMDocument())->load('slow/x.xml'),
    ], waits: 0.014, setup: mount_slowly(...), teardown: static fn (\Closure $end) => $end(), needs: [...SLOW_NEEDS, 'extension:simplexml', 'extension:dom']),
    new Row('slow: finfo_file', 'plain file', static fn (): mixed => finfo_file(finfo_open(FILEINFO_MIME_TYPE), 'slow/a'),
        waits: 0.014, setup: mount_slowly(...), teardown: static fn (\Closure $end) => $end(), needs: [...SLOW_NEEDS, 'extension:fileinfo']),
];
