--TEST--
Without an error handler the warning is PHP's own
--FILE--
<?php
function work() { throw new DomainException('lost'); }
Tusk\go('work');
Tusk\sleep(0);
echo "goes on\n";
?>
--EXPECTF--

Warning: Uncaught DomainException in coroutine #1: lost in %s:2. The coroutine was spawned at %s:3 and nobody joined it; join() it or catch inside it in %s on line 2
goes on
