--TEST--
Error handlers set and restored by interleaved coroutines do not meet
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;

set_error_handler(fn ($n, $m) => print("main: $m\n"));
function handled(string $name): Closure
{
    return function () use ($name) {
        trigger_error("$name inherits");
        set_error_handler(fn ($n, $m) => print("$name: $m\n"));
        turns(2);
        trigger_error("$name own");
        set_error_handler(fn ($n, $m) => print("$name nested: $m\n"), E_USER_WARNING);
        turns(2);
        trigger_error("$name masked", E_USER_WARNING);
        turns(2);
        restore_error_handler();
        trigger_error("$name own again");
        turns(2);
        restore_error_handler();
        trigger_error("$name done");
    };
}
$a = go(handled('a'));
$b = go(handled('b'));
$a->join();
$b->join();
trigger_error('last');
restore_error_handler();
var_dump(set_error_handler(null));
?>
--EXPECT--
main: a inherits
main: b inherits
a: a own
b: b own
a nested: a masked
b nested: b masked
a: a own again
b: b own again
main: a done
main: b done
main: last
NULL
