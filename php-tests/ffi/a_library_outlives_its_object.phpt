--TEST--
Tusk\Ffi::blocking(): a cancelled call goes on in its library, whose object is gone
--EXTENSIONS--
ffi
--INI--
ffi.enable=1
--SKIPIF--
<?php
exec('cc --version 2>&1', $output, $status);
if ($status !== 0) {
    echo 'skip needs a C compiler';
}
?>
--FILE--
<?php
require __DIR__ . '/../include/process.inc';

$folder = Tusk\Tests\temporary_folder();
// Nobody else has it loaded: with its last object it is unloaded.
file_put_contents("$folder/slow.c", <<<'C'
    #include <unistd.h>
    int slow(int ms) { for (int n = 0; n < ms; n++) { usleep(1000); } return ms; }
    C);
exec("cc -shared -fPIC -o $folder/libslow.so $folder/slow.c 2>&1", $output, $status);
if ($status !== 0) {
    exit(implode("\n", $output));
}
$caller = Tusk\go(static function () use ($folder): int {
    $library = FFI::cdef('int slow(int ms);', "$folder/libslow.so");
    $slow = Tusk\Ffi::blocking($library, 'slow');
    unset($library);
    return $slow(200);
});
usleep(20_000);
$caller->cancel();
try {
    $caller->join();
} catch (Tusk\CancelledException $e) {
    echo "cancelled\n";
}
unset($caller, $e);
usleep(400_000);
echo "alive\n";
array_map(unlink(...), glob("$folder/*"));
rmdir($folder);
?>
--EXPECT--
cancelled
alive
