--TEST--
A cancel of the caller cancels the callee, which ends first
--FILE--
<?php
$caller = Tusk\go(function () {
    try {
        Tusk\timeout(10, function () {
            try {
                Tusk\sleep(10);
            } finally {
                echo "callee's finally\n";
            }
        });
    } finally {
        echo "caller's finally\n";
    }
});
Tusk\sleep(0.001);
$caller->cancel();
try {
    $caller->join();
} catch (Tusk\CancelledException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
callee's finally
caller's finally
the coroutine was cancelled
