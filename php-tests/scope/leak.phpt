--TEST--
Scopes that end, fail, expire and are cancelled leave nothing
--FILE--
<?php
use Tusk\Scope;
$round = function (int $count) {
    for ($i = 0; $i < $count; $i++) {
        Scope::run(function (Scope $s) { $s->go(fn () => new stdClass()); $s->go(fn () => Tusk\sleep(0)); }, limit: 2, timeout: 60);
        try { Scope::run(function (Scope $s) { $s->go(fn () => throw new LogicException()); Tusk\sleep(60); }); } catch (LogicException) {}
        try { Scope::run(fn () => Tusk\sleep(60), timeout: 0); } catch (Tusk\TimeoutException) {}
        $scope = new Scope();
        $scope->go(fn () => Tusk\sleep(60));
        unset($scope);
        Tusk\parallel(['a' => fn () => 1, 'b' => fn () => [2]], 1);
    }
    Tusk\sleep(0);
    gc_collect_cycles();
};
$round(1000);
$used = memory_get_usage();
$round(5000);
$stats = Tusk\Runtime::stats();
echo memory_get_usage() - $used < 4096 ? 'flat' : memory_get_usage() - $used, ' ', $stats['timers'], ' ', $stats['coroutines'], "\n";
--EXPECT--
flat 0 1
