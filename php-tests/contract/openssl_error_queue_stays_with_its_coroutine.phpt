--TEST--
An OpenSSL error that one coroutine has not read is not in another one's queue
--SKIPIF--
<?php
if (!extension_loaded("FFI")) exit("skip needs ext/ffi");
try { FFI::cdef("void ERR_new(void);", "libcrypto.so.3"); } catch (FFI\Exception $e) { exit("skip needs OpenSSL 3"); }
?>
--INI--
ffi.enable=1
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
$ssl = FFI::cdef('
    unsigned long ERR_peek_error(void); unsigned long ERR_get_error(void); void ERR_new(void);
    void ERR_set_debug(const char *file, int line, const char *func);
    void ERR_set_error(int lib, int reason, const char *fmt, ...);
    unsigned long ERR_peek_error_all(const char **file, int *line, const char **func, const char **data, int *flags);
', 'libcrypto.so.3');
$raise = function (int $reason, string $text) use ($ssl) {
    $ssl->ERR_new();
    $ssl->ERR_set_debug('test.c', 42, 'raise');
    $ssl->ERR_set_error(128, $reason, '%s', $text);
};
$read = function () use ($ssl) {
    $file = $ssl->new('const char *[3]');
    $numbers = $ssl->new('int[2]');
    $code = $ssl->ERR_peek_error_all(FFI::addr($file[0]), FFI::addr($numbers[0]), FFI::addr($file[1]), FFI::addr($file[2]), FFI::addr($numbers[1]));
    if ($code === 0) {
        return 'none';
    }
    $text = implode(' ', [$code & 0x7fffff, FFI::string($file[0]), $numbers[0], FFI::string($file[1]), FFI::string($file[2])]);
    $ssl->ERR_get_error();
    return $text;
};
$a = go(function () use ($raise, $read) {
    $raise(1, 'first');
    $raise(2, 'second');
    turns(2);
    $first = $read();
    turns(2);
    return [$first, $read(), $read()];
});
$b = go(function () use ($raise, $read) {
    $before = $read();
    $raise(3, 'of b');
    turns(3);
    return [$before, $read(), $read()];
});
echo implode("\n", [...$a->join(), ...$b->join(), $read()]), "\n";
?>
--EXPECT--
1 test.c 42 raise first
2 test.c 42 raise second
none
none
3 test.c 42 raise of b
none
none
