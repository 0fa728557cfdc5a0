--TEST--
set_exception_handler of one coroutine is not seen by another
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
set_exception_handler(fn ($e) => print("main's\n"));
$a = go(function () {
    $old = set_exception_handler(fn () => 1);
    turns(2);
    $mine = set_exception_handler(null);
    restore_exception_handler();
    return [$old instanceof Closure, $mine instanceof Closure];
});
$b = go(function () {
    turns(1);
    $seen = set_exception_handler(null);
    restore_exception_handler();
    ob_start();
    $seen(new Exception);
    return ob_get_clean();
});
echo json_encode([$a->join(), $b->join()]), "\n";
throw new Exception('the handler of main gets it');
?>
--EXPECT--
[[true,true],"main's\n"]
main's
