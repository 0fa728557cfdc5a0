--TEST--
Once makes its value once, for all who ask meanwhile
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use function Tusk\go;
use Tusk\Once;
$made = 0;
$once = new Once(function () use (&$made) { Tusk\sleep(0.001); return 'value ' . ++$made; });
$all = array_map(fn () => go(fn () => $once->get()), range(1, 3));
var_dump($once->isDone());
foreach ($all as $coroutine) { echo $coroutine->join(), "\n"; }
echo $once->get(), ' ', json_encode($once->isDone()), "\n";
$once->reset();
echo $once->get(), "\n";
// A failure is for those who wait, the next one tries again.
$tries = 0;
$once = new Once(function () use (&$tries) { Tusk\sleep(0); if (++$tries < 2) throw new LogicException("try $tries"); return "try $tries"; });
$all = [go(fn () => $once->get()), go(fn () => $once->get())];
foreach ($all as $i => $coroutine) { attempt("waiter $i", fn () => $coroutine->join()); }
attempt('the next', fn () => $once->get());
// The first who asked is cancelled, the others get it all the same.
$once = new Once(function () { try { Tusk\sleep(0.002); return 'made'; } finally { echo "the maker ends\n"; } });
$first = go(fn () => $once->get());
$second = go(fn () => $once->get());
Tusk\sleep(0);
$first->cancel();
attempt('the first', fn () => $first->join());
attempt('the second', fn () => $second->join());
// When nobody wants it any more it is not made.
$once->reset();
attempt('too slow', fn () => $once->get(0.0005));
Tusk\sleep(0);
attempt('again', fn () => $once->get());
// Misuse.
$itself = null;
$itself = new Once(function () use (&$itself) { return $itself->get(); });
attempt('needs itself', fn () => $itself->get());
attempt('not callable', fn () => new Once('no_such_function'));
attempt('negative', fn () => $once->get(-1) && (new Once('time'))->get(-1));
attempt('constructed twice', fn () => $once->__construct('time'));
attempt('clone', fn () => clone $once);
unset($itself);
gc_collect_cycles();
--EXPECT--
bool(false)
value 1
value 1
value 1
value 1 true
value 2
waiter 0: LogicException: try 1
waiter 1: LogicException: try 1
the next: "try 2"
the first: Tusk\CancelledException: the coroutine was cancelled
the maker ends
the second: "made"
too slow: Tusk\TimeoutException: Once::get() timed out
the maker ends
the maker ends
again: "made"
needs itself: Tusk\MisuseError: a coroutine cannot join itself: it would wait for its own end for ever
not callable: TypeError: Tusk\Once::__construct(): Argument #1 ($make) must be a valid callback, function "no_such_function" not found or invalid function name
negative: ValueError: Tusk\Once::get(): Argument #1 ($timeout) must be zero or more seconds, -1 given
constructed twice: Tusk\MisuseError: the constructor of this object was already called
clone: Error: Trying to clone an uncloneable object of class Tusk\Once
