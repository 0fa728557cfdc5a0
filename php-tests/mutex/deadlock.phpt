--TEST--
Two locks taken crosswise are a deadlock that says so
--FILE--
<?php
use Tusk\Mutex;
use function Tusk\go;
[$a, $b] = [new Mutex(), new Mutex()];
$one = go(function () use ($a, $b) { $a->lock(); Tusk\sleep(0); $b->lock(); });
$two = go(function () use ($a, $b) { $b->lock(); Tusk\sleep(0); $a->lock(); });
try {
    $one->join();
} catch (Tusk\MisuseError $e) {
    echo strtok($e->getMessage(), ','), "\n";
}
echo "the process goes on\n";
--EXPECT--
deadlock: join() of coroutine #1 can never end
the process goes on
