--TEST--
current() and id(); the main script is coroutine 0
--FILE--
<?php
use Tusk\Coroutine;
$main = Coroutine::current();
echo $main->id(), $main === Coroutine::current() ? ' same' : ' other', "\n";
$coroutine = Tusk\go(function () use (&$coroutine) {
    echo Coroutine::current()->id(), Coroutine::current() === $coroutine ? ' same' : ' other', "\n";
    Tusk\sleep(0);
    echo Coroutine::current() === $coroutine ? "same after a wait\n" : "other\n";
    $nested = new Fiber(function () use (&$coroutine) {
        echo Coroutine::current() === $coroutine ? "same in a Fiber of its own\n" : "other\n";
    });
    $nested->start();
});
echo $coroutine->id(), "\n";
$coroutine->join();
echo Tusk\go(fn () => 1)->id(), "\n";
echo json_encode(array_keys(Coroutine::all())), "\n";
?>
--EXPECT--
0 same
1
1 same
same after a wait
same in a Fiber of its own
2
[0,2]
