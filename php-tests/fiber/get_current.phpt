--TEST--
Inside a coroutine Fiber::getCurrent() is a Fiber, its own
--FILE--
<?php
$main = Fiber::getCurrent();
var_dump($main);
$fibers = [];
for ($i = 0; $i < 2; $i++) {
    $coroutines[] = Tusk\go(function () use (&$fibers, $i) {
        $fibers[$i] = Fiber::getCurrent();
        Tusk\sleep(0);
        var_dump($fibers[$i] === Fiber::getCurrent(), $fibers[$i]->isRunning(), $fibers[$i]->isStarted());
    });
}
Tusk\sleep(0);
var_dump($fibers[0] !== $fibers[1], $fibers[0]->isSuspended());
foreach ($coroutines as $coroutine) { $coroutine->join(); }
var_dump($fibers[0]->isTerminated(), $fibers[1]->isTerminated());
try { $fibers[0]->resume(); } catch (FiberError $e) { echo $e->getMessage(), "\n"; }
try { $fibers[0]->start(); } catch (FiberError $e) { echo $e->getMessage(), "\n"; }
try { var_dump($fibers[0]->getReturn()); } catch (FiberError $e) { echo $e->getMessage(), "\n"; }
$next = Tusk\go(fn () => Fiber::getCurrent());
var_dump(in_array($next->join(), $fibers, true));
$sleeping = Tusk\go(function () use (&$own) { $own = Fiber::getCurrent(); Tusk\sleep(0.001); return 'slept'; });
Tusk\sleep(0);
try { $own->resume(); } catch (FiberError $e) { echo $e->getMessage(), "\n"; }
try { $own->throw(new Exception()); } catch (FiberError $e) { echo $e->getMessage(), "\n"; }
echo $sleeping->join(), "\n";
?>
--EXPECT--
NULL
bool(true)
bool(false)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
Cannot resume a fiber that is not suspended
Cannot start a fiber that has already been started
NULL
bool(false)
Cannot resume a fiber that is not suspended
Cannot resume a fiber that is not suspended
slept
