--TEST--
What is kept by Fiber in a WeakMap does not leak to the next job of a pooled one
--FILE--
<?php
$map = new WeakMap();
$storage = new SplObjectStorage();
for ($i = 0; $i < 5; $i++) {
    Tusk\go(function () use ($map, $i) {
        $fiber = Fiber::getCurrent();
        echo isset($map[$fiber]) ? "leaked {$map[$fiber]}\n" : "clean\n";
        $map[$fiber] = $i;
        Tusk\sleep(0);
        echo $map[Fiber::getCurrent()], "\n";
    })->join();
}
echo count($map), " entries\n";
for ($i = 0; $i < 3; $i++) {
    Tusk\go(function () use ($storage, $i) {
        echo isset($storage[Fiber::getCurrent()]) ? "leaked\n" : "clean\n";
        $storage[Fiber::getCurrent()] = $i;
    })->join();
}
echo count($storage), " kept\n";
$weak = null;
Tusk\go(function () use (&$weak) { $weak = WeakReference::create(Fiber::getCurrent()); })->join();
Tusk\go(fn () => 1)->join();
var_dump($weak->get());
$by_id = [];
Tusk\go(function () use (&$by_id) { $by_id[spl_object_id(Fiber::getCurrent())] = true; Tusk\sleep(0); })->join();
$weak_coroutine = WeakReference::create(Tusk\go(fn () => 1));
Tusk\sleep(0);
var_dump($weak_coroutine->get());
$per_coroutine = new WeakMap();
$one = Tusk\go(function () use ($per_coroutine) { $per_coroutine[Tusk\Coroutine::current()] = 'context'; Tusk\sleep(0); return $per_coroutine[Tusk\Coroutine::current()]; });
echo $one->join(), ' ', count($per_coroutine), "\n";
unset($one);
echo count($per_coroutine), "\n";
?>
--EXPECT--
clean
0
clean
1
clean
2
clean
3
clean
4
0 entries
clean
clean
clean
3 kept
NULL
NULL
context 1
0
