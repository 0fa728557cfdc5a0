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
$a->join();
$b->join();
echo $undefined;
go(function () { echo $undefined; })->join();
?>
--EXPECTF--
Warning: Undefined variable $undefined in %s on line %d

Warning: Undefined variable $undefined in %s on line %d
