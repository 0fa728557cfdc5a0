--TEST--
A fatal error in a coroutine ends the script with PHP's own message, whoever is parked
--FILE--
<?php
$without_deprecations = E_ALL & ~E_DEPRECATED; // as of PHP 8.4 one says that E_USER_ERROR is
$run = function (string $code) use ($without_deprecations): void {
    exec(escapeshellarg(getenv('TUSK_PHP')) . " -d error_reporting=$without_deprecations -r " . escapeshellarg($code) . ' 2>&1', $output, $status);
    echo trim(implode('|', $output), '|'), "\n -> $status\n";
};
$park = 'for ($i = 0; $i < 20; $i++) { Tusk\go(function () { $held = str_repeat("x", 1000); Tusk\sleep(60); }); }';
$run("$park Tusk\\go(function () { Tusk\\sleep(0.001); trigger_error('no more', E_USER_ERROR); }); Tusk\\sleep(60);");
$run("$park Tusk\\go(function () { Tusk\\sleep(0.001); eval('class A { function f(); }'); }); Tusk\\sleep(60);");
$run("ini_set('memory_limit', '20M'); $park Tusk\\go(function () { Tusk\\sleep(0.001); str_repeat('x', 64 << 20); }); Tusk\\sleep(60);");
?>
--EXPECTF--
Fatal error: no more in Command line code on line 1
 -> 255
Fatal error: Non-abstract method A::f() must contain body in Command line code(1) : eval()'d code on line 1
 -> 255
Fatal error: Allowed memory size of %d bytes exhausted%S (tried to allocate %d bytes) in Command line code on line 1
 -> 255
