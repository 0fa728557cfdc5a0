--TEST--
A coroutine that called Fiber::suspend() goes on in its own engine state, whoever resumes it
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;

set_error_handler(fn ($n, $m) => print("[main: $m] "));
$fiber = null;
$a = go(function () use (&$fiber) {
    $fiber = Fiber::getCurrent();
    ob_start();
    set_error_handler(fn ($n, $m) => print("[a: $m]"));
    echo 'a1 ';
    echo Fiber::suspend('first'), ' ';
    trigger_error('resumed');
    turns(2);
    echo 'waited ';
    try {
        Fiber::suspend('second');
    } catch (LogicException $e) {
        echo $e->getMessage();
    }
    restore_error_handler();
    return ob_get_clean();
});
$b = go(function () use (&$fiber) {
    ob_start();
    echo 'b1 ';
    $seen = $fiber->resume('a2');
    echo "b2 $seen ";
    turns(1);
    trigger_error('from b');
    return ob_get_clean();
});
$c = go(function () use (&$fiber) {
    turns(8);
    ob_start();
    echo 'c1 ';
    $fiber->throw(new LogicException('thrown into a'));
    echo 'c2';
    return ob_get_clean();
});
echo $a->join(), "\n", $c->join(), "\n", $b->join(), "\n", ob_get_level(), "\n";

// A Fiber of one's own runs in the state of who resumes it, as in plain PHP.
go(function () {
    $own = new Fiber(function () {
        ob_start();
        echo 'in the fiber';
        turns(1);
        Fiber::suspend();
    });
    $own->start();
    var_dump(ob_get_clean());
})->join();
?>
--EXPECT--
a1 a2 [a: resumed]waited thrown into a
c1 c2
b1 b2 second [main: from b] 
0
string(12) "in the fiber"
