--TEST--
Two coroutines encode and dump one value whose methods wait: neither is told of a recursion, and a true one is still found
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;

final class Waits implements JsonSerializable
{
    public function jsonSerialize(): mixed { turns(2); return 'waited'; }
    public function __debugInfo(): array { turns(2); return ['waited' => true]; }
}
final class Holds { public ?object $first = null; public array $list = []; }
$waits = new Waits();
$holds = new Holds();
$holds->first = $waits;
$holds->list = ['deep' => [$waits, (object) ['deeper' => $waits]]];
$values = ['object' => $waits, 'array' => [$waits], 'properties' => $holds];
foreach ($values as $what => $value) {
    $json = each_of(3, fn () => json_encode($value) . json_last_error_msg());
    $dumps = each_of(3, function () use ($value) { ob_start(); var_dump($value); return ob_get_clean(); });
    $prints = each_of(3, fn () => print_r($value, true));
    $same = fn (array $results): bool => count(array_unique($results)) === 1;
    echo "$what: $json[0]", $same($json) && $same($dumps) && $same($prints) ? "\n" : " and other things\n";
    if (str_contains($dumps[0], 'RECURSION')) {
        echo $dumps[0];
    }
}
$circle = new Holds();
$circle->list = [$waits, $circle];
echo json_encode(each_of(2, fn () => json_encode($circle) === false ? json_last_error_msg() : 'encoded')), "\n";
// Nothing is marked when all is over.
echo json_encode(array_merge($values, ['circle' => null])), "\n";

// One that is cancelled inside.
$cancelled = Tusk\go(fn () => json_encode($values));
turns(1);
$cancelled->cancel();
turns(2);
echo json_last_error_msg(), ' ', strlen(json_encode($values)), "\n";
?>
--EXPECT--
object: "waited"No error
array: ["waited"]No error
properties: {"first":"waited","list":{"deep":["waited",{"deeper":"waited"}]}}No error
["Recursion detected","Recursion detected"]
{"object":"waited","array":["waited"],"properties":{"first":"waited","list":{"deep":["waited",{"deeper":"waited"}]}},"circle":null}
No error 117
