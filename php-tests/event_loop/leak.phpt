--TEST--
Memory stays flat over 100,000 timers
--FILE--
<?php
use Tusk\EventLoop;
$round = function () {
    for ($i = 0; $i < 50000; $i++) {
        $timer = EventLoop::delay($i % 3 ? 60 : 0, fn ($object) => 1, [new stdClass()]);
        if ($i % 3) { EventLoop::cancelTimer($timer); }
        if ($i % 100 === 0) { Tusk\sleep(0.0001); }
    }
    Tusk\sleep(0.005);
};
$round();
$used = memory_get_usage();
$round();
echo memory_get_usage() - $used < 4096 ? "flat\n" : 'grew by ' . (memory_get_usage() - $used) . "\n";
echo EventLoop::timerCount(), ' ', Tusk\Runtime::stats()['timers'], "\n";
?>
--EXPECT--
flat
0 0
