--TEST--
gethostbyname() and gethostbynamel() give PHP's own results and messages
--FILE--
<?php
require __DIR__ . '/../include/socket_compare.php';

same_as_plain('localhost', fn() => [gethostbyname('localhost'), gethostbynamel('localhost')]);
same_as_plain('a number', fn() => [gethostbyname('127.0.0.1'), gethostbynamel('127.1'), gethostbyname('0x7f000001')]);
same_as_plain('this machine', fn() => [gethostbyname(gethostname()), gethostbynamel(gethostname())]);
same_as_plain('unknown', fn() => [gethostbyname('no-such-host.invalid'), gethostbynamel('no-such-host.invalid')]);
same_as_plain('empty', fn() => [gethostbyname(''), gethostbynamel('')]);
same_as_plain('IPv6', fn() => [gethostbyname('::1'), gethostbynamel('::1')]);
same_as_plain('too long', fn() => [gethostbyname(str_repeat('a', 256)), gethostbynamel(str_repeat('a', 256))]);
same_as_plain('null byte', fn() => gethostbyname("local\0host"));
same_as_plain('null byte in the list', fn() => gethostbynamel("local\0host"));
same_as_plain('array', fn() => gethostbyname([]));
?>
--EXPECT--
localhost: same
a number: same
this machine: same
unknown: same
empty: same
IPv6: same
too long: same
null byte: same
null byte in the list: same
array: same
