--TEST--
What is parked at exit is unwound before the last destructors; generators too
--FILE--
<?php
class Traced
{
    public function __construct(private string $name) {}
    public function __destruct() { echo "$this->name destroyed\n"; }
}
$global = new Traced('global');
Tusk\go(function () {
    $local = new Traced('local');
    $generator = (function () {
        try {
            yield Tusk\sleep(60);
        } finally {
            echo "generator's finally\n";
        }
    })();
    try {
        foreach ($generator as $_) {
        }
    } finally {
        echo "coroutine's finally\n";
    }
});
Tusk\sleep(0.001);
exit(0);
?>
--EXPECT--
generator's finally
coroutine's finally
local destroyed
global destroyed
