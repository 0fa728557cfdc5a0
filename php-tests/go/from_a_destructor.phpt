--TEST--
A destructor may spawn and must not wait
--SKIPIF--
<?php PHP_VERSION_ID < 80400 || exit('skip PHP 8.4 allows switching in destructors'); ?>
--FILE--
<?php
class Spawns
{
    public function __destruct()
    {
        Tusk\go(fn () => print("spawned\n"));
        try {
            Tusk\Coroutine::suspend();
        } catch (Tusk\MisuseError $e) {
            echo explode(': ', $e->getMessage())[0], "\n";
        }
        $start = hrtime(true);
        Tusk\sleep(0.005);
        echo hrtime(true) - $start >= 5e6 ? "slept\n" : "did not sleep\n";
    }
}
Tusk\go(function () { new Spawns(); echo "after the destructor\n"; })->join();
Tusk\sleep(0.001);
?>
--EXPECT--
Coroutine::suspend() cannot wait here
slept
after the destructor
spawned
