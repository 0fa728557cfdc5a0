--TEST--
A class that one coroutine is autoloading is waited for by others, and loaded once
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;

$loads = 0;
spl_autoload_register(function (string $class) use (&$loads) {
    $loads++;
    turns(20);
    eval("class $class { public const NAME = '$class'; }");
});

$all = [];
for ($i = 0; $i < 5; $i++) {
    $all[] = go(fn () => Slow::NAME . ' ' . (new Slow)::class);
}
$all[] = go(fn () => class_exists('Slow') ? 'exists' : 'missing');
foreach ($all as $c) {
    echo $c->join(), "\n";
}
echo "loads: $loads\n";
?>
--EXPECT--
Slow Slow
Slow Slow
Slow Slow
Slow Slow
Slow Slow
exists
loads: 1
