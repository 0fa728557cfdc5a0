--TEST--
A callback of array_walk_recursive() that waits: others encode, walk and dump the array, and a true recursion is still found
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;

final class Holds { public array $list; }
$array = ['a' => ['b' => 1, 'deep' => ['c' => 2]]];
$array['a']['own'] = count($argv); // not the compiler's constant
$object = new Holds();
$object->list = $array;
foreach (['array' => &$array, 'object' => &$object] as $what => &$value) {
    $seen = [];
    $results = each_of(4, static function (int $i) use (&$value, &$seen): string {
        if ($i % 2) {
            return json_encode($value) . json_last_error_msg();
        }
        $walked = array_walk_recursive($value, static function (&$leaf, string $key) use (&$seen, $i): void {
            turns(2);
            $seen[$i][] = $key;
        });
        return json_encode($walked);
    });
    echo "$what: ", json_encode($results, JSON_UNESCAPED_SLASHES), ' ', json_encode(array_values($seen)), "\n";
}
unset($value);
// Nothing is marked when all is over.
echo json_encode($array), "\n";

// Cancelled inside.
$cancelled = Tusk\go(static function () use (&$array) { return array_walk_recursive($array, static fn () => turns(2)); });
turns(1);
$cancelled->cancel();
turns(3);
echo json_encode($array), ' ', json_last_error_msg(), "\n";

// Another replaces what is being walked.
$walk = Tusk\go(static function () use (&$array) { return array_walk_recursive($array, static fn () => turns(2)); });
turns(1);
$array['a'] = [];
echo 'replaced: ', json_encode($walk->join()), ' ', json_encode($array), "\n";

$circle = ['leaf' => 1];
$circle['self'] = &$circle;
try {
    array_walk_recursive($circle, static fn () => turns(1));
    echo "walked\n";
} catch (Error $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
array: ["true","{\"a\":{\"b\":1,\"deep\":{\"c\":2},\"own\":1}}No error","true","{\"a\":{\"b\":1,\"deep\":{\"c\":2},\"own\":1}}No error"] [["b","c","own"],["b","c","own"]]
object: ["true","{\"list\":{\"a\":{\"b\":1,\"deep\":{\"c\":2},\"own\":1}}}No error","true","{\"list\":{\"a\":{\"b\":1,\"deep\":{\"c\":2},\"own\":1}}}No error"] [["b","c","own"],["b","c","own"]]
{"a":{"b":1,"deep":{"c":2},"own":1}}
{"a":{"b":1,"deep":{"c":2},"own":1}} No error
replaced: true {"a":[]}
Recursion detected
