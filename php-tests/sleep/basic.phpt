--TEST--
sleep() lets others run, and wakes in the order of deadlines
--FILE--
<?php
$start = hrtime(true);
foreach ([0.03, 0.01, 0.02, 0] as $seconds) {
    Tusk\go(function () use ($seconds) { Tusk\sleep($seconds); echo "$seconds\n"; });
}
Tusk\sleep(0.04);
for ($i = 0; $i < 20; $i++) {
    $together[] = Tusk\go(fn () => Tusk\sleep(0.1));
}
foreach ($together as $coroutine) {
    $coroutine->join();
}
$elapsed = (hrtime(true) - $start) / 1e9;
echo $elapsed >= 0.14 && $elapsed < 1.5 ? "together\n" : "$elapsed\n";
for ($i = 0; $i < 3; $i++) {
    Tusk\go(function () use ($i) { Tusk\sleep(0.01); echo "same deadline $i\n"; });
}
Tusk\sleep(0.02);
Tusk\sleep(0);
Tusk\sleep(0.0);
Tusk\sleep(1e-12);
Tusk\sleep(-0.0);
echo "ok\n";
?>
--EXPECT--
0
0.01
0.02
0.03
together
same deadline 0
same deadline 1
same deadline 2
ok
