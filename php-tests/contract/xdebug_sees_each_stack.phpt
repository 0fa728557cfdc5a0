--TEST--
Xdebug (develop): stack traces inside interleaved coroutines show the own frames
--SKIPIF--
<?php
if (!is_file(ini_get("extension_dir") . "/xdebug.so")) exit("skip needs Xdebug");
?>
--INI--
zend_extension=xdebug
opcache.enable_cli=0
xdebug.mode=develop,coverage
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
function outer(string $name) { return inner($name); }
function inner(string $name)
{
    turns(1);
    $before = array_column(xdebug_get_function_stack(), 'function');
    turns(2);
    $after = array_column(xdebug_get_function_stack(), 'function');
    return [$name, $before === $after, in_array('outer', $after), count(array_keys($after, 'inner'))];
}
$a = go(fn () => outer('a'));
$b = go(fn () => outer('b'));
go(function () { turns(1); try { throw new Exception('x'); } catch (Exception $e) {} });
echo json_encode([$a->join(), $b->join()]), "\n";
for ($i = 0; $i < 200; $i++) {
    go(fn () => turns(1));
}
turns(3);
echo "done\n";
?>
--EXPECT--
[["a",true,true,1],["b",true,true,1]]
done
