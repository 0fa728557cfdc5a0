--TEST--
waitid(), which PHP 8.4's pcntl_waitid() calls: told of a child without reaping it, then reaping it, and ECHILD
--EXTENSIONS--
ffi
pcntl
posix
--INI--
ffi.enable=1
--SKIPIF--
<?php if (!trim((string) shell_exec('command -v cc'))) echo 'skip needs a C compiler (cc)'; ?>
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
require __DIR__ . '/../include/children.inc';
use function Tusk\go;
use function Tusk\Tests\idle_child;

// Libraries of this name are covered like PHP's modules, which cannot be made here.
$folder = Tusk\Tests\temporary_folder();
file_put_contents("$folder/waits.c", <<<'C'
    #include <string.h>
    #include <sys/wait.h>
    int wait_id(int which, int id, int options, int *out) {
        siginfo_t info;
        memset(&info, 0, sizeof(info));
        int result = waitid((idtype_t) which, (id_t) id, &info, options);
        out[0] = info.si_pid; out[1] = info.si_status; out[2] = info.si_code;
        return result;
    }
    C);
passthru("cc -shared -fPIC -o $folder/libzip.so.test $folder/waits.c 2>&1");
$ffi = FFI::cdef('int wait_id(int which, int id, int options, int *out);', "$folder/libzip.so.test");
const ALL = 0, ONE = 1, GROUP = 2, EXITED = 4, STOPPED = 2, NOWAIT = 0x01000000, NOHANG = 1;
const KILLED = 2, STOPPED_BY = 5;
$wait = static function (int $which, int $id, int $options) use ($ffi): array {
    $out = $ffi->new('int[3]');
    return [$ffi->wait_id($which, $id, $options, $out), $out[0], $out[1], $out[2]];
};
foreach ([ALL, ONE, GROUP] as $which) {
    $child = idle_child(0);
    $id = $which === ALL ? 0 : $child;
    $told = go($wait, $which, $id, EXITED | NOWAIT);
    $stopped = go($wait, $which, $id, STOPPED);
    Tusk\sleep(0);
    var_dump($wait($which, $id, EXITED | NOHANG)[1] === 0, $told->isDone());
    posix_kill($child, SIGSTOP);
    var_dump($stopped->join() === [0, $child, SIGSTOP, STOPPED_BY], $told->isDone());
    posix_kill($child, SIGKILL);
    $killed = [0, $child, SIGKILL, KILLED];
    var_dump($told->join() === $killed, $wait($which, $id, EXITED) === $killed, $wait($which, $id, EXITED)[0]);
}
// Cancelled: nobody is reaped.
$child = idle_child();
$one = go($wait, ONE, $child, EXITED);
Tusk\sleep(0);
$one->cancel();
try {
    $one->join();
} catch (Tusk\CancelledException) {
    echo "cancelled\n";
}
posix_kill($child, SIGKILL);
var_dump($wait(ONE, $child, EXITED) === [0, $child, SIGKILL, KILLED]);
array_map(unlink(...), glob("$folder/*"));
rmdir($folder);
?>
--EXPECT--
bool(true)
bool(false)
bool(true)
bool(false)
bool(true)
bool(true)
int(-1)
bool(true)
bool(false)
bool(true)
bool(false)
bool(true)
bool(true)
int(-1)
bool(true)
bool(false)
bool(true)
bool(false)
bool(true)
bool(true)
int(-1)
cancelled
bool(true)
