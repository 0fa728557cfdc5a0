--TEST--
A cancelled call of a C function runs to its end, and what it works on lives until then
--EXTENSIONS--
ffi
--INI--
ffi.enable=1
--FILE--
<?php
$c = FFI::cdef('
    typedef int fd_t;
    int pipe(fd_t ends[2]);
    ssize_t read(int fd, void *to, size_t count);
    ssize_t write(int fd, const void *from, size_t count);
    int usleep(unsigned int us);
');
$ends = $c->new('fd_t[2]');
$c->pipe($ends);
$kept = WeakReference::create($buffer = $c->new('char[5]'));
$reader = Tusk\go(function () use ($c, $ends) {
    try {
        Tusk\Ffi::blocking($c, 'read')($ends[0], $GLOBALS['buffer'], 5);
        return 'returned';
    } catch (Tusk\CancelledException) {
        return 'cancelled';
    }
});
Tusk\sleep(0.02);
$reader->cancel();
echo $reader->join(), "\n";
$buffer = null;
echo $kept->get() ? "kept\n" : "lost\n";
$c->write($ends[1], 'hello', 5);
for ($until = hrtime(true) + 10e9; FFI::string($kept->get(), 5) !== 'hello' && hrtime(true) < $until;);
echo FFI::string($kept->get(), 5), "\n";
// What was kept is given back at the next call after the function has returned.
for ($until = hrtime(true) + 10e9; $kept->get() && hrtime(true) < $until;) {
    Tusk\go(fn () => Tusk\Ffi::blocking($c, 'usleep')(1000))->join();
}
echo $kept->get() ? "kept for ever\n" : "given back\n";
// Another that lasts longer than the script: its end is waited for.
$last = Tusk\go(fn () => Tusk\Ffi::blocking($c, 'usleep')(100_000));
Tusk\sleep(0.01);
$last->cancel();
echo "end\n";
?>
--EXPECT--
cancelled
kept
hello
given back
end
