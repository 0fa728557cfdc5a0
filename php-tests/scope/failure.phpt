--TEST--
The first failure stops the others, whose finally blocks run, and is thrown when all have ended
--FILE--
<?php
use Tusk\Scope;
use function Tusk\go;
try {
    Scope::run(function (Scope $scope) {
        $scope->go(function () { try { Tusk\sleep(60); } finally { Tusk\Coroutine::shield(fn () => Tusk\sleep(0.002)); echo "a sibling's finally, which waits\n"; } });
        $scope->go(function () { Tusk\sleep(0); throw new LogicException('the first'); });
        $scope->go(function () { try { Tusk\sleep(60); } catch (Tusk\CancelledException) { go(fn () => print("never\n")); } });
        try { Tusk\sleep(60); } finally { echo "the body's finally, ", json_encode($scope->isCancelled()), "\n"; }
    });
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
// The body's own failure.
try {
    Scope::run(function (Scope $scope) {
        $scope->go(function () { try { Tusk\sleep(60); } finally { echo "its member's finally\n"; } });
        Tusk\sleep(0);
        throw new DomainException('of the body');
    });
} catch (DomainException $e) {
    echo $e->getMessage(), "\n";
}
// join(), once; who joins the coroutine itself gets it too.
$scope = new Scope();
$fails = $scope->go(fn () => throw new LogicException('joined'));
$other = $scope->go(fn () => Tusk\sleep(60));
for ($i = 0; $i < 2; $i++) {
    try { $scope->join(); echo "not again\n"; } catch (LogicException $e) { echo $e->getMessage(), "\n"; }
}
try { $fails->join(); } catch (LogicException $e) { echo $e->getMessage(), "\n"; }
try { $other->join(); } catch (Tusk\CancelledException $e) { echo $e->getMessage(), "\n"; }
try { $scope->go(fn () => 1); } catch (Tusk\CancelledException $e) { echo $e->getMessage(), "\n"; }
// What a member that is only cancelled ends with is no failure.
$scope = new Scope();
$cancelled = $scope->go(fn () => Tusk\sleep(60));
$goes_on = $scope->go(function () { Tusk\sleep(0.001); return 'goes on'; });
Tusk\sleep(0);
$cancelled->cancel();
$scope->join();
echo $goes_on->join(), "\n";
// What a member joins and catches itself, is its own.
Scope::run(function (Scope $scope) {
    $scope->go(function () {
        try { go(fn () => throw new LogicException('caught'))->join(); } catch (LogicException $e) { echo $e->getMessage(), "\n"; }
    });
});
// A second failure is with the first, and not reported besides.
set_error_handler(function (int $level, string $message) { echo preg_replace('/ in \/.*/', '', $message), "\n"; return true; });
try {
    Scope::run(function (Scope $scope) {
        $scope->go(function () { try { Tusk\sleep(60); } finally { throw new LogicException('two'); } });
        $scope->go(fn () => throw new LogicException('one'));
    });
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
(function () { $scope = new Scope(); $scope->go(fn () => throw new LogicException('nobody joins')); Tusk\sleep(0); })();
--EXPECT--
the body's finally, true
a sibling's finally, which waits
the first
its member's finally
of the body
joined
not again
joined
Coroutine was cancelled before it started
the scope has stopped (cancelled, failed, past its deadline or over): nothing is started in it
goes on
caught
one
Uncaught LogicException in coroutine #18: nobody joins
