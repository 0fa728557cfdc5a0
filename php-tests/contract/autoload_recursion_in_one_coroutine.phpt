--TEST--
In one coroutine a class that is being autoloaded is "not found", as in plain PHP; two that need each other's class do not wait for ever
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;

spl_autoload_register(function (string $class) {
    turns(10);
    if ($class === 'Own') {
        var_dump(class_exists('Own'));
    }
    if ($class === 'Left') {
        $seen = class_exists('Right') ? 'yes' : 'no';
        echo "left sees right: $seen\n";
    }
    if ($class === 'Right') {
        $seen = class_exists('Left') ? 'yes' : 'no';
        echo "right sees left: $seen\n";
    }
    eval("class $class {}");
});

go(fn () => new Own)->join();
$start = hrtime(true);
$a = go(fn () => new Left);
$b = go(fn () => new Right);
echo get_class($a->join()), ' ', get_class($b->join()), "\n";
var_dump(hrtime(true) - $start < 5e9);
?>
--EXPECT--
bool(false)
right sees left: no
left sees right: yes
Left Right
bool(true)
