--TEST--
When run() is cancelled, all that it spawned is, and has ended when it throws
--FILE--
<?php
$outer = Tusk\go(function () {
    try {
        Tusk\run(function () {
            Tusk\go(function () {
                try {
                    Tusk\sleep(10);
                } finally {
                    Tusk\Coroutine::shield(fn () => Tusk\sleep(0.005));
                    echo "child's finally\n";
                }
            });
            try {
                Tusk\sleep(10);
            } finally {
                echo "first's finally\n";
            }
        });
    } finally {
        echo "run() was left\n";
    }
});
Tusk\sleep(0.001);
$outer->cancel();
try {
    $outer->join();
} catch (Tusk\CancelledException $e) {
    echo $e->getMessage(), "\n";
}
echo count(Tusk\Coroutine::all()), "\n";
$failing = Tusk\go(fn () => Tusk\run(function () {
    try { Tusk\sleep(10); } finally { throw new LogicException('in finally'); }
}));
Tusk\sleep(0.001);
$failing->cancel();
try {
    $failing->join();
} catch (Tusk\CancelledException $e) {
    echo $e->getMessage(), ' <- ', $e->getPrevious()->getMessage(), "\n";
}
?>
--EXPECT--
first's finally
child's finally
run() was left
the coroutine was cancelled
1
the coroutine was cancelled <- in finally
