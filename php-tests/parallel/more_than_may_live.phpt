--TEST--
parallel() with more coroutines than may live throws that, when those that began have ended
--DESCRIPTION--
The script ended without a word: they were waited for with the exception already set.
--INI--
tusk.max_coroutines=4
--FILE--
<?php
function waits(string $who): void
{
    try {
        Tusk\sleep(60);
    } finally {
        echo strtolower('FINALLY'), " of $who\n";
    }
}
try {
    Tusk\parallel(array_fill(0, 10, fn () => waits('one that never starts')));
} catch (Tusk\OverloadedException $e) {
    echo $e::class, "\n";
}
echo "-- some have started\n";
try {
    Tusk\parallel([
        function () {
            Tusk\go(fn () => waits('the first'));
            Tusk\go(function () {
                // It takes the place of the one that ends before parallel() can.
                for (;;) {
                    try {
                        Tusk\go(fn () => waits('one that never starts'));
                        break;
                    } catch (Tusk\OverloadedException) {
                        Tusk\sleep(0);
                    }
                }
                waits('the second');
            });
            Tusk\sleep(0);
            Tusk\sleep(0);
        },
        fn () => print("not reached\n"),
    ], 1);
} catch (Tusk\OverloadedException $e) {
    echo $e::class, "\n";
}
echo "end\n";
?>
--EXPECT--
Tusk\OverloadedException
-- some have started
finally of the second
finally of the first
Tusk\OverloadedException
end
