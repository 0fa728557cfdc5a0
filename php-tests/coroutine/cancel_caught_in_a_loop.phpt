--TEST--
Who catches its cancel in an endless loop does not stop the others
--INI--
tusk.stop_grace_ms=50
--FILE--
<?php
Tusk\go(function () {
    while (true) {
        try {
            Tusk\sleep(60);
        } catch (Throwable) {
        }
    }
})->cancel();
$stubborn = Tusk\go(function () {
    while (true) {
        try {
            Tusk\sleep(0);
        } catch (Throwable) {
        }
    }
});
Tusk\sleep(0.005);
$stubborn->cancel();
Tusk\sleep(0.005);
echo "the main script goes on\n";
register_shutdown_function(fn () => print("and ends\n"));
exit;
?>
--EXPECT--
the main script goes on
and ends
