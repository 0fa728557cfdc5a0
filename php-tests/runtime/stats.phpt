--TEST--
stats() counts
--FILE--
<?php
use Tusk\Runtime;
$before = Runtime::stats();
foreach ($before as $name => $number) {
    echo is_int($number) && $number >= 0 ? "$name\n" : "$name is $number\n";
}
for ($i = 0; $i < 10; $i++) { Tusk\go(fn () => Tusk\sleep(60)); }
Tusk\sleep(0.001);
$after = Runtime::stats();
echo $after['coroutines'] - $before['coroutines'], ' more coroutines, ', $after['timers'] - $before['timers'], ' more timers, ', $after['spawned'] - $before['spawned'], " spawned\n";
foreach (Tusk\Coroutine::all() as $id => $coroutine) { if ($id) $coroutine->cancel(); }
Tusk\sleep(0.001);
$after = Runtime::stats();
echo $after['coroutines'], ' ', $after['timers'], ' ', $after['ops_in_flight'], "\n";
?>
--EXPECT--
coroutines
spawned
ready
switches
timers
watches
ops_in_flight
ops
completions
turns
workers
workers_idle
stack_bytes_mapped
10 more coroutines, 10 more timers, 10 spawned
1 0 0
