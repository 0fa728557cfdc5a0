--TEST--
A class that only lacks the types in its signatures is never "not found" for another coroutine
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;

// A narrower return type can be checked only once both types are there.
$sources = [
    'Child' => 'class Child extends Ancestor { function make(): Narrow { return new Narrow; } }',
    'Ancestor' => 'class Ancestor { function make(): Wide { return new Wide; } }',
    'Wide' => 'class Wide {}',
    'Narrow' => 'class Narrow extends Wide {}',
];
$loads = [];
spl_autoload_register(function (string $class) use (&$loads, $sources) {
    $loads[] = $class;
    usleep(1000);
    eval($sources[$class]);
    usleep(1000);
});

$ask = function (string $class): string {
    try {
        return get_class((new $class)->make());
    } catch (Error $error) {
        return $error->getMessage();
    }
};
$all = [];
for ($i = 0; $i < 40; $i++) {
    $all[] = go(function () use ($i, $ask) {
        turns($i % 4);
        usleep($i * 200);
        return $ask('Child');
    });
}
print_r(array_count_values(array_map(fn ($one) => $one->join(), $all)));
sort($loads);
echo implode(' ', $loads), "\n";

// The type is already being loaded by another coroutine, which is waited for.
$sources += [
    'Second' => 'class Second extends Base { function make(): Slow { return new Slow; } }',
    'Base' => 'class Base { function make(): Wide { return new Wide; } }',
    'Slow' => 'class Slow extends Wide {}',
];
spl_autoload_register(function (string $class) use (&$sources) {
    if ($class === 'Slow') {
        usleep(20000);
    }
    eval($sources[$class]);
}, prepend: true);
$slow = go(fn () => get_class(new Slow));
$second = go(fn () => $ask('Second'));
echo $slow->join(), ' ', $second->join(), "\n";
?>
--EXPECT--
Array
(
    [Narrow] => 40
)
Ancestor Child Narrow Wide
Slow Slow
