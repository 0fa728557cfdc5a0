--TEST--
At the script's end shutdown functions run, then coroutines to completion, then destructors
--FILE--
<?php
$spawned = new Tusk\Channel();
register_shutdown_function(function () use ($spawned) {
    echo "shutdown function\n";
    Tusk\go(function () use ($spawned) {
        Tusk\sleep(0.001);
        echo "spawned by a shutdown function\n";
        $spawned->close();
    });
    register_shutdown_function(fn () => print("late shutdown function\n"));
});
class Last
{
    public function __destruct()
    {
        try {
            Tusk\go(fn () => 1);
        } catch (Tusk\MisuseError $e) {
            echo 'destructor: ', strtok($e->getMessage(), ':'), "\n";
        }
    }
}
$last = new Last();
Tusk\go(function () use ($spawned) {
    foreach ($spawned as $nothing) {
    }
    echo "coroutine\n";
    Tusk\go(function () {
        Tusk\sleep(0.001);
        echo "its child\n";
    });
});
Tusk\go(function () {
    try {
        Tusk\Coroutine::suspend();
    } finally {
        echo "parked for ever: finally\n";
    }
});
echo "script\n";
?>
--EXPECT--
script
shutdown function
late shutdown function
spawned by a shutdown function
coroutine
its child
parked for ever: finally
destructor: the script has ended
