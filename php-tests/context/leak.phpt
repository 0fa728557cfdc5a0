--TEST--
Contexts of 100,000 coroutines leave nothing
--FILE--
<?php
use Tusk\Context;
$round = function (int $count) {
    for ($i = 0; $i < $count; $i++) {
        Tusk\go(function () use ($i) {
            Context::set('request', new stdClass());
            Context::set('cycle', (function () { $o = new stdClass(); $o->self = $o; return $o; })());
            Tusk\go(fn () => Context::with(['n' => $i], fn () => Context::current()->values()));
        })->join();
    }
    Tusk\sleep(0);
    gc_collect_cycles();
};
$round(20000); // the collector keeps its buffer
$used = memory_get_usage();
$round(100000);
$grown = memory_get_usage() - $used;
echo $grown < 4096 ? "flat\n" : "grew by $grown\n";
--EXPECT--
flat
