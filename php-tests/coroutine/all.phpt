--TEST--
all() lists what has not ended, the main script first
--FILE--
<?php
use Tusk\Coroutine;
$list = fn () => implode(' ', array_map(fn ($c) => $c->id(), Coroutine::all()));
echo $list(), "\n";
$sleeps = Tusk\go(fn () => Tusk\sleep(0.01));
$parked = Tusk\go(fn () => Coroutine::suspend());
echo $list(), "\n";
Tusk\sleep(0);
Tusk\go(fn () => print($list() . " seen from inside\n"));
Tusk\sleep(0);
var_dump(Coroutine::all()[1] === $sleeps, Coroutine::all()[0] === Coroutine::current());
foreach (Coroutine::all() as $id => $coroutine) {
    if ($id) { $coroutine->cancel(); }
}
Tusk\sleep(0.001);
echo $list(), "\n";
?>
--EXPECT--
0
0 1 2
0 1 2 3 seen from inside
bool(true)
bool(true)
0
