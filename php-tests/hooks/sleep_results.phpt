--TEST--
sleep(), usleep(), time_nanosleep() and time_sleep_until() check arguments and return as PHP's do
--FILE--
<?php
require __DIR__ . '/../include/socket_compare.php';

same_as_plain('sleep', fn() => [sleep(0), about(1, fn() => print(sleep(1))), sleep('0'), sleep(0.0), sleep(true - 1)]);
same_as_plain('sleep below zero', fn() => sleep(-1));
same_as_plain('sleep of a fraction', fn() => sleep(0.4));
same_as_plain('sleep of no number', fn() => sleep('soon'));
same_as_plain('sleep without arguments', fn() => sleep());
same_as_plain('sleep with too many', fn() => sleep(0, 0));
same_as_plain('usleep', fn() => [usleep(0), about(0.02, fn() => usleep(20000)), usleep(1e3), usleep('10')]);
same_as_plain('usleep below zero', fn() => usleep(-5));
same_as_plain('usleep of null', fn() => usleep(null));
same_as_plain('usleep of an array', fn() => usleep([]));
same_as_plain('time_nanosleep', fn() => [time_nanosleep(0, 0), about(0.02, fn() => time_nanosleep(0, 20000000))]);
same_as_plain('time_nanosleep below zero', fn() => time_nanosleep(-1, 0));
same_as_plain('time_nanosleep with nanoseconds below zero', fn() => time_nanosleep(0, -1));
same_as_plain('time_nanosleep of a second in nanoseconds', fn() => time_nanosleep(0, 1000000000));
same_as_plain('time_sleep_until', fn() => about(0.02, fn() => print((int) time_sleep_until(microtime(true) + 0.0205))));
same_as_plain('time_sleep_until the past', fn() => time_sleep_until(1));
same_as_plain('time_sleep_until text', fn() => time_sleep_until('later'));
?>
--EXPECT--
00sleep: same
sleep below zero: same
sleep of a fraction: same
sleep of no number: same
sleep without arguments: same
sleep with too many: same
usleep: same
usleep below zero: same
usleep of null: same
usleep of an array: same
time_nanosleep: same
time_nanosleep below zero: same
time_nanosleep with nanoseconds below zero: same
time_nanosleep of a second in nanoseconds: same
11time_sleep_until: same
time_sleep_until the past: same
time_sleep_until text: same
