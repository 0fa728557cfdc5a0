--TEST--
A parse error of included code is an exception in its coroutine, and others go on compiling
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
go(function () {
    try {
        eval('this is no code');
    } catch (ParseError $e) {
        echo get_class($e), "\n";
    }
    turns(1);
    echo eval('return "still compiles";'), "\n";
})->join();
register_shutdown_function(function () {
    go(function () { turns(1); echo "shutdown functions may wait\n"; })->join();
});
eval('final abstract class X {}');
?>
--EXPECTF--
ParseError
still compiles

Fatal error: Cannot use the final modifier on an abstract class in %s on line 1
shutdown functions may wait
