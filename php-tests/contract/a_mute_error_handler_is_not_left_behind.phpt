--TEST--
A library that mutes errors around a wait, interleaved with itself, leaves no mute handler
--FILE--
<?php
use function Tusk\go;
function library(float $seconds): void
{
    set_error_handler(static fn () => true);
    Tusk\sleep($seconds);
    restore_error_handler();
}
$a = go(fn () => library(0.004));
$b = go(fn () => library(0.002));
library(0.001);
$a->join();
$b->join();
echo $undefined;
go(function () { echo $undefined; })->join();
?>
--EXPECTF--
Warning: Undefined variable $undefined in %s on line %d

Warning: Undefined variable $undefined in %s on line %d
