--TEST--
A buffer that a coroutine leaves open is written when it ends, as at the end of a script
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
go(function () {
    ob_start();
    echo "left open\n";
    ob_start(fn ($s) => "[" . trim($s) . "]\n");
    echo "nested\n";
})->join();
go(function () {
    ob_start();
    echo "thrown out of\n";
    throw new LogicException('x');
});
try {
    Tusk\go(function () { ob_start(); echo "cancelled\n"; Tusk\sleep(5); })->cancel();
} catch (Throwable) {
}
turns(10);
echo ob_get_level(), "\n";
?>
--EXPECTF--
left open
[nested]
%A0
