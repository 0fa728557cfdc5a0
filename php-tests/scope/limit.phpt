--TEST--
A scope starts so many at a time, in order
--FILE--
<?php
use Tusk\Scope;
use function Tusk\go;
$running = $most = 0;
$log = [];
Scope::run(function (Scope $scope) use (&$running, &$most, &$log) {
    for ($i = 0; $i < 6; $i++) {
        $scope->go(function () use ($i, &$running, &$most, &$log) {
            $most = max($most, ++$running);
            Tusk\sleep(0);
            $log[] = $i;
            $running--;
        });
    }
}, limit: 2);
echo "$most at a time: ", implode(' ', $log), "\n";
// Who waits for a place when the scope stops is told; one that is cancelled leaves its place.
$scope = new Scope(1);
$holder = $scope->go(fn () => Tusk\sleep(60));
$starters = [];
foreach (['a', 'b', 'c'] as $name) {
    $starters[$name] = go(function () use ($scope, $name) {
        try { $scope->go(fn () => print("$name runs\n")); } catch (Tusk\CancelledException $e) { echo "$name: ", $e->getMessage(), "\n"; }
    });
}
Tusk\sleep(0);
$starters['b']->cancel();
$holder->cancel();
Tusk\sleep(0.001);
$scope->join();
$holder = $scope->go(fn () => Tusk\sleep(60));
$late = go(function () use ($scope) { try { $scope->go(fn () => print("never\n")); } catch (Tusk\CancelledException $e) { echo $e->getMessage(), "\n"; } });
Tusk\sleep(0);
$scope->cancel();
$late->join();
--EXPECT--
2 at a time: 0 1 2 3 4 5
b: the coroutine was cancelled
a runs
c runs
the scope has stopped (cancelled, failed, past its deadline or over): nothing is started in it
