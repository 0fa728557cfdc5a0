--TEST--
shield() holds cancels back for clean-up, within its grace
--FILE--
<?php
use Tusk\Coroutine;
$coroutine = Tusk\go(function () {
    try {
        Tusk\sleep(60);
    } finally {
        echo Coroutine::shield(function () {
            Tusk\sleep(0.002);
            Tusk\sleep(0.002);
            return "cleaned up\n";
        });
        try { Tusk\sleep(0); echo "must not be reached\n"; } catch (Tusk\CancelledException) { echo "cancelled again outside\n"; }
    }
});
Tusk\sleep(0.001);
$coroutine->cancel();
try { $coroutine->join(); } catch (Tusk\CancelledException) { echo "cancelled\n"; }

$late = Tusk\go(fn () => Coroutine::shield(function () {
    $start = hrtime(true);
    try {
        Tusk\sleep(60);
    } catch (Tusk\CancelledException) {
        $ms = (hrtime(true) - $start) / 1e6;
        return $ms >= 20 && $ms < 5000 ? 'the grace was over' : "after $ms ms";
    }
}, 0.02));
Tusk\sleep(0.001);
$late->cancel();
echo $late->join(), "\n";

$nested = Tusk\go(fn () => Coroutine::shield(function () {
    Coroutine::shield(fn () => 1, 0.0);
    Tusk\sleep(0.002);
    echo "the outer grace counts again after the inner\n";
    try {
        Coroutine::shield(fn () => Tusk\sleep(1), 0.001);
    } catch (Tusk\CancelledException) {
        return 'the inner grace cannot be longer than it says';
    }
}));
Tusk\sleep(0.001);
$nested->cancel();
echo $nested->join(), "\n";

echo Tusk\go(fn () => Coroutine::shield(fn () => 'without a cancel'))->join(), "\n";
try { Coroutine::shield(fn () => throw new LogicException('thrown through')); } catch (LogicException $e) { echo $e->getMessage(), "\n"; }
$infinite = Tusk\go(fn () => Coroutine::shield(function () { Tusk\sleep(0.1); return 'INF'; }, INF));
Tusk\sleep(0.001);
for ($i = 0; $i < 1000; $i++) {
    $infinite->cancel();
}
echo Tusk\Runtime::stats()['timers'], " timer\n";
echo $infinite->join(), "\n";
echo Tusk\Runtime::stats()['timers'], " timers left\n";
?>
--EXPECT--
cleaned up
cancelled again outside
cancelled
the grace was over
the outer grace counts again after the inner
the inner grace cannot be longer than it says
without a cancel
thrown through
1 timer
INF
0 timers left
