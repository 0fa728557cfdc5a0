--TEST--
defer() runs callables when the coroutine ends, last first, whatever ends it
--FILE--
<?php
use Tusk\Coroutine;
$coroutine = Tusk\go(function () {
    Coroutine::defer(fn () => print("first deferred\n"));
    Coroutine::defer(function () { Tusk\sleep(0.001); echo "may wait\n"; });
    Coroutine::defer(function () { Coroutine::defer(fn () => print("deferred by a deferred one\n")); });
    echo "runs\n";
    return 'result';
});
echo $coroutine->join(), "\n";
$fails = Tusk\go(function () {
    Coroutine::defer(fn () => print("after a failure\n"));
    Coroutine::defer(fn () => throw new LogicException('deferred'));
    throw new RuntimeException('body');
});
try { $fails->join(); } catch (LogicException $e) { echo $e->getMessage(), ' <- ', $e->getPrevious()->getMessage(), "\n"; }
$cancelled = Tusk\go(function () {
    Coroutine::defer(fn () => print("after a cancel\n"));
    Tusk\sleep(60);
});
Tusk\sleep(0);
$cancelled->cancel();
Tusk\sleep(0.001);
Coroutine::defer(fn () => print("when the main script has ended\n"));
Tusk\go(function () { Tusk\sleep(0.001); echo "what was left of the others\n"; });
register_shutdown_function(fn () => print("shutdown function\n"));
echo "end of script\n";
?>
--EXPECT--
runs
deferred by a deferred one
may wait
first deferred
result
after a failure
deferred <- body
after a cancel
end of script
when the main script has ended
shutdown function
what was left of the others
