--TEST--
Xdebug coverage counts lines that run in coroutines, and trace and profile survive switches
--SKIPIF--
<?php
if (!is_file(ini_get("extension_dir") . "/xdebug.so")) exit("skip needs Xdebug");
?>
--INI--
zend_extension=xdebug
opcache.enable_cli=0
xdebug.mode=develop,coverage,trace,profile
xdebug.start_with_request=yes
xdebug.output_dir={TMP}
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
xdebug_start_code_coverage();
function covered()
{
    turns(1);
    $x = 1;
    turns(1);
    return $x;
}
$a = go('covered');
$b = go('covered');
$a->join();
$b->join();
$lines = xdebug_get_code_coverage()[__FILE__];
echo json_encode(array_map(fn ($l) => $lines[$l] ?? 0, range(7, 10))), "\n";
?>
--EXPECT--
[1,1,1,1]
