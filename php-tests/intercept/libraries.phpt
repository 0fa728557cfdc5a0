--TEST--
Which libraries are covered: info(), tusk.intercept, FFI before the first coroutine, hooks off
--EXTENSIONS--
ffi
curl
--INI--
ffi.enable=1
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\overlap;

echo Tusk\Runtime::info()['intercepted'], "\n";
$libc = FFI::cdef('int usleep(unsigned); int getppid(void);', 'libc.so.6');
overlap('FFI', fn() => $libc->usleep(1000));
$covered = Tusk\Runtime::info()['intercepted'];
// A PHP that was built with FFI in it has no ffi.so.
$ffi = str_contains(file_get_contents('/proc/self/maps'), '/ffi.so') ? 'ffi.so' : 'php';
echo 'where FFI is: ', preg_match("/\\b$ffi\\S* [1-9]/", $covered) ? 'covered' : 'not covered', "\n";
foreach (['php', 'libcurl', 'libc.so', 'libssl', 'libcrypto', 'libtusk'] as $name) {
    echo "$name: ", preg_match("/\\b$name\\S* [1-9]/", $covered) ? 'covered' : 'not covered', "\n";
}

Tusk\Runtime::hooks(['sleep']);
overlap('hook off', fn() => $libc->usleep(1000));
Tusk\Runtime::hooks('all');

function under(string $setting): string
{
    $code = '$c = FFI::cdef("int usleep(unsigned);", "libc.so.6"); Tusk\run(fn() => Tusk\go(fn() => 1)->join()); echo Tusk\Runtime::info()["intercepted"];';
    $process = Tusk\Tests\Process::start(['sh', '-c', getenv('TUSK_PHP') . ' ' . implode(' ', array_map('escapeshellarg',
        ['-d', 'ffi.enable=1', '-d', "tusk.intercept=$setting", '-r', $code]))]);
    $process->wait();
    return trim($process->output());
}
echo 'none: ', under('none'), "\n";
echo '-libcurl: ', str_contains(under('auto,-libcurl'), 'libcurl') ? 'covered' : 'not covered', "\n";
echo '-php: ', preg_match('/\bphp \d/', under('auto,-php')) ? 'covered' : 'not covered', "\n";
echo 'wrong: ', preg_match('/Warning: Tusk: tusk.intercept cannot be "a b"; expected auto, none/', under('a b')) ? 'refused' : 'taken', "\n";
?>
--EXPECT--
nothing yet: slots are redirected before the first coroutine
FFI: before other after, 0
where FFI is: covered
php: covered
libcurl: covered
libc.so: not covered
libssl: not covered
libcrypto: not covered
libtusk: not covered
hook off: before after, 0
none: nothing (tusk.intercept)
-libcurl: not covered
-php: not covered
wrong: refused
