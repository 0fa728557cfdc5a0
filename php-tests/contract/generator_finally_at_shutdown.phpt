--TEST--
A generator whose coroutine is still waiting at exit runs its finally once
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
function forever()
{
    try {
        while (true) {
            turns(1);
            yield;
            (new Tusk\Channel)->receive();
        }
    } finally {
        echo "finally\n";
    }
}
go(function () {
    foreach (forever() as $_) {
    }
});
turns(3);
echo "exit\n";
exit(0);
?>
--EXPECT--
exit
finally
