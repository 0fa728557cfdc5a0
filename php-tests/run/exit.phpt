--TEST--
exit() inside run() ends the script within the grace time
--INI--
tusk.stop_grace_ms=100
--FILE--
<?php
register_shutdown_function(fn () => print("shutdown\n"));
Tusk\run(function () {
    Tusk\go(function () {
        while (true) {
            try { Tusk\sleep(0.01); } catch (Tusk\CancelledException) {}
        }
    });
    Tusk\sleep(0.001);
    exit("bye\n");
});
echo "must not be reached\n";
?>
--EXPECT--
bye
shutdown
