--TEST--
exit() in a coroutine ends the script: others are cancelled, their finally blocks run
--FILE--
<?php
Tusk\go(function () {
    try {
        Tusk\sleep(60);
    } finally {
        echo "finally\n";
    }
});
Tusk\go(function () {
    Tusk\sleep(0.001);
    register_shutdown_function(function () { echo "shutdown function\n"; });
    exit(7);
});
try {
    Tusk\sleep(60);
    echo "not reached\n";
} finally {
    // As with exit() in plain PHP, the frames of the code that is left are not run on.
    register_shutdown_function(function () { echo "not registered\n"; });
}
?>
--EXPECT--
shutdown function
finally
