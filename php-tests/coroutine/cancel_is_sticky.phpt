--TEST--
A cancel is thrown again at every later wait
--FILE--
<?php
$log = [];
$coroutine = Tusk\go(function () use (&$log) {
    for ($i = 0; $i < 3; $i++) {
        try {
            Tusk\sleep(60);
        } catch (Throwable $e) {
            $log[] = "caught $i";
        }
    }
    try {
        Tusk\go(fn () => 1)->join();
    } catch (Tusk\CancelledException) {
        $log[] = 'join too';
    }
    $log[] = (new Tusk\Channel(1))->send(1) ?? 'a send that need not wait is none';
    return 'the end';
});
Tusk\sleep(0.001);
$coroutine->cancel();
echo $coroutine->join(), "\n", implode("\n", $log), "\n";
?>
--EXPECT--
the end
caught 0
caught 1
caught 2
join too
a send that need not wait is none
