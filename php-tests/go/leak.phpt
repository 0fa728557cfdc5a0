--TEST--
Memory stays flat over 100,000 coroutines
--FILE--
<?php
$work = function (int $i) {
    if ($i % 100 === 0) {
        Tusk\sleep(0);
    }
    return new stdClass();
};
$round = function () use ($work) {
    for ($i = 0; $i < 50000; $i++) {
        if ($i % 2) {
            Tusk\go($work, $i)->join();
        } else {
            Tusk\go($work, $i);
        }
    }
    Tusk\sleep(0.001);
    gc_collect_cycles();
};
$resident = fn () => (int) explode(' ', file_get_contents('/proc/self/statm'))[1] * 4096;
$round();
[$used, $rss] = [memory_get_usage(), $resident()];
$round();
$round();
echo memory_get_usage() - $used < 4096 ? "heap is flat\n" : 'heap grew by ' . (memory_get_usage() - $used) . "\n";
echo $resident() - $rss < 1 << 20 ? "resident set is flat\n" : 'RSS grew by ' . ($resident() - $rss) . "\n";
echo Tusk\Runtime::stats()['coroutines'], " coroutine\n";
?>
--EXPECT--
heap is flat
resident set is flat
1 coroutine
