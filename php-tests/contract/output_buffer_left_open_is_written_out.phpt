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
$thrown = go(function () {
    ob_start();
    echo "thrown out of\n";
    throw new LogicException('x');
});
try {
    $thrown->join();
} catch (LogicException) {
}
$cancelled = go(function () {
    ob_start();
    echo "cancelled\n";
    Tusk\sleep(5);
});
turns(1);
$cancelled->cancel();
try {
    $cancelled->join();
} catch (Tusk\CancelledException) {
}
echo ob_get_level(), "\n";
?>
--EXPECT--
left open
[nested]
thrown out of
cancelled
0
