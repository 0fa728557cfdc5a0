--TEST--
errno after a wait is what it was before
--SKIPIF--
<?php
if (!extension_loaded("FFI")) exit("skip needs ext/ffi");
?>
--INI--
ffi.enable=1
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
$libc = FFI::cdef('int *__errno_location(void); int close(int fd);');
$a = go(function () use ($libc) {
    $libc->close(-1);
    turns(3);
    return $libc->__errno_location()[0];
});
$b = go(function () use ($libc) {
    $libc->__errno_location()[0] = 2;
    turns(2);
    return $libc->__errno_location()[0];
});
echo $a->join() === 9 ? 'EBADF' : 'lost', ' ', $b->join() === 2 ? 'ENOENT' : 'lost', "\n";
?>
--EXPECT--
EBADF ENOENT
