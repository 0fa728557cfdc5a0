--TEST--
A coroutine that waited for an autoload that found nothing asks for itself, as plain PHP would
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;

$asked = 0;
spl_autoload_register(function (string $class) use (&$asked) {
    $asked++;
    turns(10);
});
$all = [];
for ($i = 0; $i < 3; $i++) {
    $all[] = go(function () {
        try {
            new Missing;
        } catch (Error $e) {
            return $e->getMessage();
        }
    });
}
foreach ($all as $c) {
    echo $c->join(), "\n";
}
echo "asked: $asked\n";
?>
--EXPECT--
Class "Missing" not found
Class "Missing" not found
Class "Missing" not found
asked: 3
