--TEST--
Memory stays flat over 100,000 values
--FILE--
<?php
use Tusk\Channel;
$channel = new Channel(16);
$round = function (int $count) use ($channel) {
    $producer = Tusk\go(function () use ($channel, $count) {
        for ($i = 0; $i < $count; $i++) { $channel->send(['a value', $i]); }
    });
    for ($i = 0; $i < $count; $i++) { $channel->receive(); }
    for ($i = 0; $i < 1000; $i++) {
        try { $channel->receive(0); } catch (Tusk\TimeoutException) {}
        $cancelled = Tusk\go(fn () => $channel->receive());
        Tusk\sleep(0);
        $cancelled->cancel();
    }
    $producer->join();
    Tusk\sleep(0);
};
$resident = fn () => (int) explode(' ', file_get_contents('/proc/self/statm'))[1] * 4096;
$round(50000);
gc_collect_cycles();
[$used, $rss] = [memory_get_usage(), $resident()];
$round(50000);
gc_collect_cycles();
echo memory_get_usage() - $used < 4096 ? "heap is flat\n" : 'heap grew by ' . (memory_get_usage() - $used) . "\n";
echo $resident() - $rss < 1 << 20 ? "resident set is flat\n" : 'RSS grew by ' . ($resident() - $rss) . "\n";
echo count($channel), ' ', Tusk\Runtime::stats()['timers'], "\n";
?>
--EXPECT--
heap is flat
resident set is flat
0 0
