--TEST--
go() spawns; coroutines start first in, first out, when the spawner waits
--FILE--
<?php
$made = [];
for ($i = 1; $i <= 3; $i++) {
    $made[] = Tusk\go(function (string $name, int ...$numbers) {
        echo "$name starts\n";
        Tusk\sleep(0);
        echo "$name goes on\n";
        return array_sum($numbers);
    }, "c$i", $i, 10);
}
echo "nobody has started\n";
foreach ($made as $coroutine) {
    var_dump($coroutine->join());
}
?>
--EXPECT--
nobody has started
c1 starts
c2 starts
c3 starts
c1 goes on
c2 goes on
c3 goes on
int(11)
int(12)
int(13)
