--TEST--
@ around a wait mutes its own coroutine only
--INI--
error_reporting=E_ALL
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
function silent(int $n) { turns($n); echo $undefinedInSilence; return error_reporting(); }
$a = go(fn () => @silent(4));
$b = go(function () {
    turns(2);
    echo $loud;
    return error_reporting();
});
@silent(1);
$inMute = @(fn () => go(fn () => error_reporting())->join())();
var_dump($a->join() !== E_ALL, $b->join() === E_ALL, $inMute === E_ALL, error_reporting() === E_ALL);
echo $loudAgain;
?>
--EXPECTF--
Warning: Undefined variable $loud in %s on line %d
bool(true)
bool(true)
bool(true)
bool(true)

Warning: Undefined variable $loudAgain in %s on line %d
