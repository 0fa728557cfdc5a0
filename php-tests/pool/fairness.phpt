--TEST--
A thousand coroutines on eight connections: nobody starves, nobody is overtaken
--FILE--
<?php
require __DIR__ . '/../include/parallel.inc';

use Tusk\Pool\Pool;
use function Tusk\{run, sleep};
use function Tusk\Tests\each_of;

$pool = new Pool(fn () => new stdClass(), max: 8, waitTimeout: 50.0);
$came = $served = [];
$turns = 0;
$waited = each_of(1000, function (int $i) use ($pool, &$came, &$served, &$turns) {
    $came[] = $i;
    $from = $turns;
    $lease = $pool->acquire();
    $served[] = $i;
    $waited = $turns - $from;
    sleep(0);
    $turns++;
    $lease->release();
    // Who releases and takes again is behind everybody who waits now.
    $came[] = -$i;
    $pool->acquire();
    $served[] = -$i;
    return $waited;
});
echo $served === $came ? "in order\n" : "not in order\n";
sort($waited);
// In turns of work, not in seconds: the machine may be busy.
echo end($waited) / $waited[500] <= 2.05 ? "max/median is two\n" : 'max/median is ' . end($waited) / $waited[500] . "\n";
echo $pool->stats()['created'], " connections\n";
?>
--EXPECT--
in order
max/median is two
8 connections
