--TEST--
A deferred callable of the main script that throws does not lose the others
--FILE--
<?php
Tusk\Coroutine::defer(fn () => throw new LogicException('deferred'));
Tusk\go(function () { Tusk\sleep(0.001); echo "the other ends\n"; });
?>
--EXPECTF--

Warning: Uncaught LogicException: deferred in %s:2
Stack trace:
#0 [internal function]: {closure%S}()
#1 [internal function]: tusk shutdown()
#2 {main}
  thrown in %s on line 2
the other ends
