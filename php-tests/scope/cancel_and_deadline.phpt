--TEST--
A scope that is cancelled, reaches its deadline, or whose waiter is cancelled
--FILE--
<?php
use Tusk\Scope;
use function Tusk\go;
$waits = fn (string $name) => function () use ($name) { try { Tusk\sleep(60); } finally { echo "$name ends\n"; } };
var_dump(Scope::run(function (Scope $scope) use ($waits) {
    $scope->go($waits('a member'));
    Tusk\sleep(0);
    $scope->cancel();
    return 'the result';
}));
var_dump(Scope::run(function (Scope $scope) use ($waits) { $scope->cancel(); Tusk\sleep(60); }));
try {
    Scope::run(function (Scope $scope) use ($waits) {
        $scope->go($waits('at the deadline'));
        $scope->go(fn () => Scope::run($waits('in an inner scope')));
        $waits('the body')();
    }, timeout: 0.002);
} catch (Tusk\TimeoutException $e) {
    echo $e->getMessage(), "\n";
}
$scope = new Scope(timeout: 0.002);
$scope->go($waits('nobody joins yet'));
Tusk\sleep(0.01);
echo count($scope), " inside\n";
try { $scope->join(); } catch (Tusk\TimeoutException $e) { echo $e->getMessage(), "\n"; }
// In time: the deadline is forgotten.
echo Scope::run(fn () => 'in time', timeout: 60), ' ', Tusk\Runtime::stats()['timers'], "\n";
// The timeout of join() leaves the scope as it is.
$scope = new Scope();
$scope->go($waits('still there'));
try { $scope->join(0.001); } catch (Tusk\TimeoutException $e) { echo $e->getMessage(), ', ', count($scope), " inside\n"; }
$scope->cancel();
$scope->join();
// Who waits is cancelled: all have ended when it goes on.
foreach (['run' => fn () => Scope::run(fn (Scope $s) => $s->go($waits('inside run'))->join()),
          'join' => function () use ($waits) { $s = new Scope(); $s->go($waits('inside join')); $s->join(); }] as $name => $outer) {
    $coroutine = go(function () use ($outer, $name) { try { $outer(); } finally { echo "$name goes on\n"; } });
    Tusk\sleep(0);
    Tusk\sleep(0);
    $coroutine->cancel();
    try { $coroutine->join(); } catch (Tusk\CancelledException) {}
}
// The object goes: what is left is stopped.
(function () use ($waits) { $scope = new Scope(); $scope->go($waits('of a scope that went')); Tusk\sleep(0); })();
Tusk\sleep(0);
echo "end\n";
--EXPECT--
a member ends
string(10) "the result"
NULL
at the deadline ends
the body ends
in an inner scope ends
Scope::run() reached its deadline; what was still running has been cancelled
nobody joins yet ends
0 inside
Scope reached its deadline; what was still running has been cancelled
in time 0
Scope::join() timed out, 1 inside
still there ends
inside run ends
run goes on
inside join ends
join goes on
of a scope that went ends
end
