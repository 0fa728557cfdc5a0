--TEST--
What a coroutine echoes lands in its own output buffers
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;

ob_start();
echo "main before\n";
$a = go(function () {
    ob_start();
    echo 'a1 ';
    turns(2);
    ob_start();
    echo 'a2 ';
    turns(2);
    $inner = ob_get_clean();
    return [$inner, ob_get_clean(), ob_get_level()];
});
$b = go(function () {
    ob_start(fn ($s) => strtoupper($s));
    echo 'b1 ';
    turns(3);
    echo 'b2 ';
    ob_end_flush();
    return ob_get_level();
});
$plain = go(function () {
    turns(1);
    echo "unbuffered ";
    return ob_get_level();
});
$results = [$a->join(), $b->join(), $plain->join()];
echo "main after\n";
$main = ob_get_clean();
echo "\n", json_encode($results), "\n", $main;
?>
--EXPECT--
unbuffered B1 B2 
[["a2 ","a1 ",0],0,0]
main before
main after
