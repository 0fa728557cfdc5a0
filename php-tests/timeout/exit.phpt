--TEST--
exit() while the main script is in timeout() ends within the grace time
--INI--
tusk.stop_grace_ms=100
--FILE--
<?php
register_shutdown_function(fn () => print("shutdown\n"));
Tusk\go(function () { Tusk\sleep(0.002); exit("bye\n"); });
Tusk\timeout(60, function () {
    while (true) {
        try { Tusk\sleep(0.01); } catch (Tusk\CancelledException) {}
    }
});
echo "must not be reached\n";
?>
--EXPECT--
bye
shutdown
