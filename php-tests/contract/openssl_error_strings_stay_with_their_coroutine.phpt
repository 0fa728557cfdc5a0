--TEST--
openssl_error_string tells the own coroutine's errors, all of them, while others read theirs
--SKIPIF--
<?php
if (!extension_loaded('openssl')) exit('skip needs ext/openssl');
if (PHP_ZTS) exit('skip these are not kept apart in a thread-safe build');
?>
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;

$count = function (): int {
    for ($errors = 0; openssl_error_string() !== false; $errors++) {
        turns(1);
    }
    return $errors;
};
@openssl_pkey_get_private('no key');
$alone = $count();
$none = each_of(3, function (int $i) use ($count): array {
    $before = $count();
    for ($n = 0; $n <= $i; $n++) {
        @openssl_pkey_get_private('no key');
    }
    turns(2);
    return [$before, $count(), $count()];
});
// A coroutine that ends without asking leaves none to others.
Tusk\go(fn () => @openssl_pkey_get_private('no key'))->join();
echo $alone > 0 ? "some\n" : "none\n";
echo json_encode(array_map(fn (array $found): array => [$found[0], $found[1] / $alone, $found[2]], $none)), ' ', $count(), "\n";
?>
--EXPECT--
some
[[0,1,0],[0,2,0],[0,3,0]] 0
