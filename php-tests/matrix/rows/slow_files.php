<?php
/** The same for what modules and libraries do with files, and for files that PHP uses through stdio. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

require_once __DIR__ . '/../harness/slow_mount.php';

return [
    slow_row('slow: fsync, fdatasync', static function (): array {
        $file = fopen('slow/a', 'a');
        return [fwrite($file, 'more'), fsync($file), fwrite($file, 'and more'), fdatasync($file), fclose($file), file_get_contents('slow/a')];
    }),
    new Row('slow: curl_exec of file://', 'interposition', static function (): array {
        $curl = curl_init('file://' . getcwd() . '/slow/a');
        curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
        $read = [curl_exec($curl), curl_errno($curl), curl_getinfo($curl, CURLINFO_SIZE_DOWNLOAD)];
        curl_setopt_array($curl, [CURLOPT_URL => 'file://' . getcwd() . '/slow/none']);
        $none = [curl_exec($curl), curl_errno($curl)];
        curl_setopt_array($curl, [CURLOPT_URL => 'file://' . getcwd() . '/slow/a', CURLOPT_RANGE => '5-7']);
        return [$read, $none, curl_exec($curl)];
    }, waits: 0.014, setup: mount_slowly(...), teardown: static fn (\Closure $end) => $end(), needs: [...SLOW_NEEDS, 'extension:curl']),
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
    slow_row('slow: ftok, posix_mkfifo', static fn (): array => [ftok('slow/a', 'x') !== -1, ftok('slow/none', 'x'), posix_mkfifo('slow/fifo', 0600), filetype('slow/fifo'), posix_mkfifo('slow/a', 0600)]),
    new Row('slow: gzopen, gzfile, compress.zlib://', 'interposition', static function (): array {
        $file = gzopen('slow/z.gz', 'w');
        return [gzwrite($file, 'abc'), gzclose($file), gzfile('slow/z.gz'), file_put_contents('compress.zlib://slow/y.gz', 'def'), file_get_contents('compress.zlib://slow/y.gz')];
    }, waits: 0.014, setup: mount_slowly(...), teardown: static fn (\Closure $end) => $end(), needs: [...SLOW_NEEDS, 'function:gzopen']),
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
