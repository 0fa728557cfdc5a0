--TEST--
Sorts whose comparators wait do not exchange comparators
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
function sorted(callable $by): array
{
    $list = [5, 3, 9, 1, 7];
    usort($list, function ($x, $y) use ($by) {
        turns(1);
        return $by($x, $y);
    });
    return $list;
}
$all = [
    go(fn () => sorted(fn ($x, $y) => $x <=> $y)),
    go(fn () => sorted(fn ($x, $y) => $y <=> $x)),
    go(fn () => sorted(fn ($x, $y) => ($x * 7 % 10) <=> ($y * 7 % 10))),
    go(fn () => array_values(array_udiff([1, 2, 3, 4], [2, 4], function ($x, $y) {
        turns(1);
        return $x <=> $y;
    }))),
];
foreach ($all as $c) {
    echo json_encode($c->join()), "\n";
}
?>
--EXPECT--
[1,3,5,7,9]
[9,7,5,3,1]
[3,9,5,1,7]
[1,3]
