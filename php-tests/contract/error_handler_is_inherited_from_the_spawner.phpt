--TEST--
A new coroutine has the handlers its spawner has at that moment
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
go(function () {
    set_error_handler(fn ($n, $m) => print("spawner's: $m\n"));
    $child = go(function () {
        turns(2);
        trigger_error('child');
        restore_error_handler();
        set_error_handler(fn ($n, $m) => print("child's own: $m\n"));
        turns(2);
        trigger_error('child again');
    });
    restore_error_handler();
    set_error_handler(fn ($n, $m) => print("changed later: $m\n"));
    $child->join();
    trigger_error('parent');
})->join();
trigger_error('main has none');
?>
--EXPECTF--
spawner's: child
child's own: child again
changed later: parent

Notice: main has none in %s on line %d
