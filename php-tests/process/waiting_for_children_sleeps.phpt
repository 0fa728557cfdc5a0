--TEST--
Who waits for several children sleeps until one ends, where the ring can wait for them: nobody looks again and again
--EXTENSIONS--
pcntl
posix
--SKIPIF--
<?php
$info = Tusk\Runtime::info();
if ($info['driver'] !== 'uring' || $info['feature.op waitid'] !== 'yes') {
    echo 'skip needs io_uring of Linux 6.7: elsewhere the driver looks, with pauses';
}
?>
--FILE--
<?php
require __DIR__ . '/../include/children.inc';
$turns = static function (): int {
    preg_match('/^voluntary_ctxt_switches:\s+(\d+)/m', file_get_contents('/proc/self/status'), $found);
    return (int) $found[1];
};
$child = Tusk\Tests\idle_child();
$any = Tusk\go(static fn (): int => pcntl_wait($status));
Tusk\sleep(0);
$before = $turns();
Tusk\sleep(0.5);
$during = $turns() - $before;
posix_kill($child, SIGKILL);
var_dump($any->join() === $child, $during < 10 ?: $during);
?>
--EXPECT--
bool(true)
bool(true)
