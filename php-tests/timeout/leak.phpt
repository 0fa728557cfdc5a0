--TEST--
Memory stays flat over 20,000 timeouts, late and in time
--FILE--
<?php
$round = function () {
    for ($i = 0; $i < 10000; $i++) {
        try {
            Tusk\timeout($i % 2 ? 0 : 60, fn () => Tusk\sleep($i % 2 ? 60 : 0));
        } catch (Tusk\TimeoutException) {
        }
    }
    gc_collect_cycles();
};
$round();
$used = memory_get_usage();
$round();
echo memory_get_usage() - $used < 4096 ? "flat\n" : 'grew by ' . (memory_get_usage() - $used) . "\n";
echo Tusk\Runtime::stats()['timers'], ' ', Tusk\Runtime::stats()['coroutines'], "\n";
?>
--EXPECT--
flat
0 1
