--TEST--
Coroutines wait for each other, round after round
--FILE--
<?php
use Tusk\Barrier;
use function Tusk\go;
$barrier = new Barrier(3);
for ($i = 0; $i < 3; $i++) {
    $all[] = go(function () use ($barrier, $i) {
        for ($round = 0; $round < 2; $round++) {
            for ($turn = 0; $turn < $i; $turn++) { Tusk\sleep(0); }
            $last = $barrier->wait();
            echo "round $round: $i", $last ? ' was last' : '', "\n";
        }
    });
}
foreach ($all as $coroutine) { $coroutine->join(); }
echo $barrier->rounds(), ' rounds, ', $barrier->waiting(), " wait\n";
var_dump((new Barrier(1))->wait());
--EXPECT--
round 0: 2 was last
round 0: 0
round 0: 1
round 1: 2 was last
round 1: 0
round 1: 1
2 rounds, 0 wait
bool(true)
