--TEST--
Fibers of a loop that wait when the script calls exit() are cancelled, their finally blocks run
--INI--
tusk.fiber_mode=suspend
--FILE--
<?php
(new Fiber(static function (): void {
    try {
        usleep(100_000_000);
        echo "not reached\n";
    } finally {
        echo "finally\n";
    }
}))->start();
(new Fiber(static function (): void {
    usleep(1000);
    echo "exits\n";
    exit(3);
}))->start();
register_shutdown_function(static function (): void { echo "shutdown\n"; });
for (;;) {
    usleep(500);
}
?>
--EXPECT--
exits
shutdown
finally
