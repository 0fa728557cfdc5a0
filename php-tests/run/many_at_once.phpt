--TEST--
3,000 runs that wait at the same time, each for its own
--FILE--
<?php
$sum = 0;
Tusk\run(function () use (&$sum) {
    for ($i = 0; $i < 3000; $i++) {
        Tusk\go(function () use ($i, &$sum) {
            $sum += Tusk\run(function () use ($i) {
                Tusk\go(fn () => Tusk\sleep(0.001));
                return $i;
            });
        });
    }
});
echo $sum === array_sum(range(0, 2999)) ? "ok\n" : "$sum\n", count(Tusk\Coroutine::all()), "\n";
?>
--EXPECT--
ok
1
