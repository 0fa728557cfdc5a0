--TEST--
Of several cases that can go none is preferred, and nothing is left behind
--FILE--
<?php
use Tusk\Channel;
use function Tusk\go;
$channels = [new Channel(1), new Channel(1), new Channel(1)];
$count = [0, 0, 0];
$round = function (int $rounds) use ($channels, &$count) {
    for ($i = 0; $i < $rounds; $i++) {
        foreach ($channels as $channel) { Channel::trySelect([[$channel, $i]]); }
        $count[Channel::select($channels)[0]]++;
    }
};
$round(3000);
foreach ($count as $n) { echo $n > 800 && $n < 1200 ? 'fair' : $n, "\n"; }
foreach ($channels as $channel) { Channel::trySelect([$channel]); }
$busy = function (int $rounds) use ($channels) {
    $other = new Channel();
    $feeds = go(function () use ($channels, $rounds) { for ($i = 0; $i < $rounds; $i++) { $channels[$i % 3]->send([$i]); } });
    for ($i = 0; $i < $rounds; $i++) {
        Channel::select([...$channels, [$other, new stdClass()]]);
        try { Channel::select([$other], 0); } catch (Tusk\TimeoutException) {}
    }
    $feeds->join();
};
$busy(2000);
$used = memory_get_usage();
$busy(10000);
echo memory_get_usage() - $used < 4096 ? 'flat' : memory_get_usage() - $used, "\n";
--EXPECT--
fair
fair
fair
flat
