--TEST--
A class whose parent, interface or trait is being loaded is waited for by others, also when it was included
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;

$loads = [];
$sources = [
    'Child' => 'class Child extends Ancestor implements Face { use Habit; const NAME = "Child"; }',
    'Ancestor' => 'class Ancestor extends Root {}',
    'Root' => 'class Root {}',
    'Face' => 'interface Face {}',
    'Habit' => 'trait Habit {}',
    'Orphan' => 'class Orphan extends Nobody {}',
];
spl_autoload_register(function (string $class) use (&$loads, $sources) {
    $loads[] = $class;
    turns(5);
    isset($sources[$class]) && eval($sources[$class]);
    turns(5);
});

function asks(string $class): string
{
    try {
        return get_class(new $class);
    } catch (Error $error) {
        return $error->getMessage();
    }
}
$all = [];
for ($i = 0; $i < 60; $i++) {
    $all[] = go(function () use ($i) {
        turns($i);
        return asks('Child');
    });
}
foreach (array_count_values(array_map(fn ($one) => $one->join(), $all)) as $answer => $times) {
    echo "$times times $answer\n";
}
sort($loads); // The order is the engine's business.
echo implode(' ', $loads), "\n";

// Declared without an autoloader's help.
$all = [go(fn () => eval('class Included extends Late {} return "declared";'))];
$sources['Late'] = '';
spl_autoload_register(function (string $class) {
    if ($class === 'Late') {
        turns(5);
        eval('class Late {}');
    }
});
turns(2);
$all[] = go(fn () => asks('Included'));
$all[] = go(fn () => class_exists('Included', false) ? 'there' : 'not yet');
$all[] = go(fn () => in_array('Included', get_declared_classes()) ? 'listed' : 'not listed');
foreach ($all as $one) {
    echo $one->join(), "\n";
}

// A parent that is nowhere: nobody gets the class, and nobody hangs.
$all = [go(fn () => asks('Orphan')), go(fn () => asks('Orphan'))];
foreach ($all as $one) {
    echo $one->join(), "\n";
}
?>
--EXPECT--
60 times Child
Ancestor Child Face Habit Root
declared
Included
not yet
not listed
Class "Nobody" not found
Class "Nobody" not found
