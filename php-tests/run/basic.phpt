--TEST--
run() waits for its coroutine and for everything that it spawned
--FILE--
<?php
$result = Tusk\run(function () {
    Tusk\go(function () {
        Tusk\sleep(0.005);
        echo "child\n";
        Tusk\go(function () {
            Tusk\sleep(0.005);
            echo "grandchild\n";
        });
    });
    echo "first\n";
    return 'result';
});
echo "$result\n";
Tusk\go(function () { Tusk\sleep(0.05); echo "not waited for\n"; });
echo Tusk\run(fn () => Tusk\run(fn () => 'nested')), "\n";
echo Tusk\go(fn () => Tusk\run(fn () => 'in a coroutine'))->join(), "\n";
?>
--EXPECT--
first
child
grandchild
result
nested
in a coroutine
not waited for
