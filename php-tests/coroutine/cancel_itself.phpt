--TEST--
A coroutine may cancel itself, and the main script be cancelled
--FILE--
<?php
$coroutine = Tusk\go(function () {
    Tusk\Coroutine::current()->cancel();
    echo "goes on until it waits\n";
    Tusk\sleep(0);
    echo "must not be reached\n";
});
try { $coroutine->join(); } catch (Tusk\CancelledException $e) { echo $e->getMessage(), "\n"; }
$main = Tusk\Coroutine::current();
$over = new Tusk\Channel();
Tusk\go(function () use ($main, $over) { $main->cancel(); foreach ($over as $nothing) {} echo "the others end by themselves\n"; });
try {
    Tusk\sleep(60);
} catch (Tusk\CancelledException) {
    echo "main is cancelled\n";
}
register_shutdown_function(function () use ($over) { Tusk\sleep(0.001); echo "a shutdown function is not\n"; $over->close(); });
?>
--EXPECT--
goes on until it waits
the coroutine was cancelled
main is cancelled
a shutdown function is not
the others end by themselves
