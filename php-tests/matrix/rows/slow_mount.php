<?php
/**
 * Files on a mount where every call takes 15 ms (php-tests/include/slow_mount_server.php): the
 * functions of files.php, and here they really wait.
 */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

require_once __DIR__ . '/../harness/slow_mount.php';

return [
    slow_row('slow: fopen, fread, fclose', static function (): array {
        $file = fopen('slow/a', 'r');
        return [fread($file, 5), fgets($file), fgets($file), feof($file), fgets($file), feof($file), fclose($file)];
    }, 'plain file'),
    slow_row('slow: fopen of what is not there', static fn (): array => [fopen('slow/none', 'r'), fopen('slow/deep', 'w'), file_get_contents('slow/none/none')]),
    slow_row('slow: file_get_contents, file', static fn (): array => [file_get_contents('slow/a'), file('slow/a'), file_get_contents('slow/a', offset: 5, length: 3)], 'plain file'),
    slow_row('slow: file_put_contents', static fn (): array => [file_put_contents('slow/new', 'abc'), file_put_contents('slow/new', 'def', FILE_APPEND), file_get_contents('slow/new')], 'plain file'),
    slow_row('slow: file_put_contents of 1 MiB', static fn (): array => [file_put_contents('slow/new', str_repeat('x', 1 << 20)), filesize('slow/new')], 'plain file'),
    slow_row('slow: copy', static fn (): array => [copy('slow/a', 'slow/copied'), copy('slow/a', 'here'), copy('here', 'slow/back'), file_get_contents('slow/back')]),
    slow_row('slow: rename', static fn (): array => [rename('slow/a', 'slow/moved'), rename('slow/none', 'slow/x'), file_get_contents('slow/moved')]),
    slow_row('slow: unlink', static fn (): array => [unlink('slow/a'), unlink('slow/a'), file_exists('slow/a')]),
    slow_row('slow: mkdir, rmdir', static fn (): array => [mkdir('slow/one/two', 0755, true), mkdir('slow/one'), rmdir('slow/one'), rmdir('slow/one/two'), rmdir('slow/none')]),
    slow_row('slow: stat, lstat', static fn (): array => [stat('slow/a')['size'], lstat('slow/a')['size'], stat('slow/none')]),
    slow_row('slow: fstat', static fn (): array => [fstat(fopen('slow/a', 'r'))['size']]),
    slow_row('slow: file_exists', static fn (): array => [file_exists('slow/a'), file_exists('slow/none')]),
    slow_row('slow: is_file, is_dir, is_readable, is_writable', static fn (): array => [is_file('slow/a'), is_dir('slow/deep'), is_readable('slow/a'), is_writable('slow/none')]),
    slow_row('slow: filesize, filemtime, fileperms', static fn (): array => [filesize('slow/a'), filemtime('slow/a'), decoct(fileperms('slow/a'))]),
    slow_row('slow: touch, chmod', static fn (): array => [touch('slow/a', 1_100_000_000), filemtime('slow/a'), chmod('slow/a', 0600), decoct(fileperms('slow/a')), touch('slow/none/x')]),
    slow_row('slow: realpath', static fn (): array => [realpath('slow/deep/../a'), realpath('slow/none')]),
    slow_row('slow: scandir', static fn (): array => [scandir('slow'), scandir('slow/none')]),
];
