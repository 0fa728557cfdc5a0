--TEST--
time_sleep_until() of what is no time returns as PHP's does
--SKIPIF--
<?php
require __DIR__ . '/../include/process.inc';
// C leaves open what becomes of a number below zero there: some builds of PHP sleep for centuries.
$plain = Tusk\Tests\Process::start([...Tusk\Tests\plain_php(), '-n', '-r', 'foreach ([-1, NAN] as $time) { @time_sleep_until($time); }']);
for ($until = hrtime(true) + 5e9; $plain->isRunning();) {
    hrtime(true) < $until || exit('skip this build of PHP itself does not return from time_sleep_until(-1) or time_sleep_until(NAN)');
    usleep(1000);
}
?>
--FILE--
<?php
require __DIR__ . '/../include/socket_compare.php';

same_as_plain('below zero', fn() => time_sleep_until(-1));
same_as_plain('NAN', fn() => time_sleep_until(NAN));
?>
--EXPECT--
below zero: same
NAN: same
