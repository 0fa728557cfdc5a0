--TEST--
A library that mutes errors around a wait, interleaved with itself, leaves no mute handler
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
function library(int $turns): void
{
    set_error_handler(static fn () => true);
    turns($turns);
    restore_error_handler();
}
$a = go(fn () => library(4));
$b = go(fn () => library(2));
library(1);
// The other two are still inside of it.
echo $undefined;
$b->join();
go(function () { echo $undefined; })->join();
$a->join();
echo $undefined;
?>
--EXPECTF--
Warning: Undefined variable $undefined in %s on line %d

Warning: Undefined variable $undefined in %s on line %d

Warning: Undefined variable $undefined in %s on line %d
