--TEST--
isDone() and isCancelled() through a coroutine's life
--FILE--
<?php
$show = fn (Tusk\Coroutine $c) => print(($c->isDone() ? 'done' : 'not done') . ', ' . ($c->isCancelled() ? 'cancelled' : 'not cancelled') . "\n");
$coroutine = Tusk\go(fn () => Tusk\sleep(10));
$show($coroutine);
Tusk\sleep(0);
$show($coroutine);
$coroutine->cancel();
$show($coroutine);
$coroutine->cancel();
Tusk\sleep(0.001);
$show($coroutine);
$coroutine->cancel();
$fine = Tusk\go(fn () => 1);
$fine->join();
$fine->cancel();
$show($fine);
$ignores = Tusk\go(function () { try { Tusk\sleep(10); } catch (Tusk\CancelledException) { return 'ignored'; } });
Tusk\sleep(0);
$ignores->cancel();
echo $ignores->join(), "\n";
$show($ignores);
?>
--EXPECT--
not done, not cancelled
not done, not cancelled
not done, cancelled
done, cancelled
done, not cancelled
ignored
done, not cancelled
