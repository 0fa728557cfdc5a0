--TEST--
Fibers of one's own work inside coroutines, and may wait
--FILE--
<?php
$coroutines = [];
for ($i = 0; $i < 3; $i++) {
    $coroutines[] = Tusk\go(function () use ($i) {
        $fiber = new Fiber(function (string $first) use ($i): string {
            $got = $first;
            Tusk\sleep(0.001);
            $got .= Fiber::suspend("suspended $i");
            Tusk\sleep(0.001);
            $got .= Fiber::suspend("again $i");
            return $got;
        });
        $seen = [$fiber->start("a$i ")];
        Tusk\sleep(0);
        $seen[] = $fiber->resume("b$i ");
        $fiber->resume("c$i");
        return implode(', ', $seen) . ': ' . $fiber->getReturn();
    });
}
foreach ($coroutines as $coroutine) { echo $coroutine->join(), "\n"; }
$outside = new Fiber(function () { Tusk\sleep(0.001); Fiber::suspend(1); Tusk\go(fn () => print("spawned in a Fiber\n"))->join(); return 'done'; });
$outside->start();
$outside->resume();
echo $outside->getReturn(), "\n";
$crossing = new Fiber(function () { Tusk\sleep(0.001); Fiber::suspend('from one coroutine'); Tusk\sleep(0.001); return 'ended in another'; });
echo Tusk\go(fn () => $crossing->start())->join(), "\n";
Tusk\go(fn () => $crossing->resume())->join();
echo $crossing->getReturn(), "\n";
$busy = new Fiber(function () { Tusk\sleep(0.002); });
$owner = Tusk\go(fn () => $busy->start());
Tusk\sleep(0);
try { $busy->resume(); } catch (FiberError $e) { echo $e->getMessage(), "\n"; }
$owner->join();
$thrown = Tusk\go(function () {
    $fiber = new Fiber(function () { Tusk\sleep(0.001); throw new LogicException('through a Fiber'); });
    $fiber->start();
});
try { $thrown->join(); } catch (LogicException $e) { echo $e->getMessage(), "\n"; }
?>
--EXPECT--
suspended 0, again 0: a0 b0 c0
suspended 1, again 1: a1 b1 c1
suspended 2, again 2: a2 b2 c2
spawned in a Fiber
done
from one coroutine
ended in another
Cannot resume a fiber that is not suspended
through a Fiber
