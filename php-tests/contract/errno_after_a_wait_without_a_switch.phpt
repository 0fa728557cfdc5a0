--TEST--
errno is kept also by waits that find nobody else to run, and by those that make a stack
--SKIPIF--
<?php
if (!extension_loaded("FFI")) exit("skip needs ext/ffi");
?>
--INI--
ffi.enable=1
--FILE--
<?php
$libc = FFI::cdef('int *__errno_location(void); int close(int fd);');
$kept = function (callable $wait) use ($libc): string {
    $libc->close(-1);
    $wait();
    return $libc->__errno_location()[0] === 9 ? 'kept' : 'lost ' . $libc->__errno_location()[0];
};
$other = Tusk\go(fn () => Tusk\sleep(0.05));
echo $kept(fn () => Tusk\sleep(0.001)), "\n";
echo $kept(fn () => usleep(1000)), "\n";
echo $kept(fn () => Tusk\sleep(0)), "\n";
Tusk\go(fn () => 1);
echo $kept(fn () => Tusk\sleep(0)), "\n";
$other->join();
?>
--EXPECT--
kept
kept
kept
kept
