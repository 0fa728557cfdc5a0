--TEST--
20,000 parked coroutines, all woken, in order
--FILE--
<?php
$gate = new Tusk\WaitGroup(1);
$order = [];
for ($i = 0; $i < 20000; $i++) {
    Tusk\go(function () use ($gate, $i, &$order) { $gate->wait(); $order[] = $i; });
}
Tusk\sleep(0);
echo Tusk\Runtime::stats()['coroutines'], "\n";
$gate->done();
Tusk\sleep(0);
var_dump($order === range(0, 19999));
echo Tusk\Runtime::stats()['coroutines'], "\n";
?>
--EXPECT--
20001
bool(true)
1
