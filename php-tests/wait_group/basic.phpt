--TEST--
A wait group waits for a number of things
--FILE--
<?php
use Tusk\WaitGroup;
$group = new WaitGroup();
$group->wait();
for ($i = 0; $i < 3; $i++) {
    $group->add();
    Tusk\go(function () use ($group, $i) { Tusk\sleep(0.001 * $i); echo "done $i\n"; $group->done(); });
}
$others = [Tusk\go(function () use ($group) { $group->wait(); echo "other\n"; })];
$group->wait();
echo "all\n";
$others[0]->join();
$group->add(2);
$group->done();
Tusk\go(fn () => $group->done());
$group->wait(1);
(new WaitGroup(0))->wait(0);
$initial = new WaitGroup(2);
Tusk\go(function () use ($initial) { $initial->done(); $initial->done(); });
$initial->wait();
echo "used again\n";
?>
--EXPECT--
done 0
done 1
done 2
all
other
used again
