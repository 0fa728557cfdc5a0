--TEST--
Generators are advanced by whoever asks, across waits
--FILE--
<?php
$numbers = (function () {
    for ($i = 0; $i < 4; $i++) {
        Tusk\sleep(0.0005);
        yield $i => Tusk\Coroutine::current()->id();
    }
    return 'returned';
})();
$seen = [];
while ($numbers->valid()) {
    Tusk\go(function () use ($numbers, &$seen) {
        if ($numbers->valid()) {
            $seen[] = $numbers->key() . ($numbers->current() ? ' advanced in a coroutine' : '');
            $numbers->next();
        }
    })->join();
}
echo implode("\n", $seen), "\n", $numbers->getReturn(), "\n";
$slow = (function () { Tusk\sleep(0.002); yield 1; })();
$first = Tusk\go(fn () => $slow->current());
Tusk\sleep(0);
try { $slow->current(); } catch (Error $e) { echo $e->getMessage(), "\n"; }
echo $first->join(), "\n";
$cancelled = Tusk\go(function () {
    foreach ((function () { try { yield 1; Tusk\sleep(60); yield 2; } finally { echo "generator's finally\n"; } })() as $value) {
        echo "$value\n";
    }
});
Tusk\sleep(0.001);
$cancelled->cancel();
Tusk\sleep(0.001);
?>
--EXPECT--
0
1 advanced in a coroutine
2 advanced in a coroutine
3 advanced in a coroutine
returned
Cannot resume an already running generator
1
1
generator's finally
