--TEST--
Hooked calls in Revolt callbacks suspend the callback and not the loop
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('revolt/event-loop');
?>
--FILE--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\load_package('revolt/event-loop');
use Revolt\EventLoop;

EventLoop::setDriver(new Tusk\Revolt\Driver());
$begun = hrtime(true);
for ($i = 0; $i < 20; $i++) {
    EventLoop::queue(static function () use ($i, &$ended): void {
        usleep(100_000);
        $ended[] = $i;
    });
}
EventLoop::run();
$took = (hrtime(true) - $begun) / 1e6;
echo count($ended), $took < 1000 ? " overlapped\n" : " took $took ms\n";
echo $ended === range(0, 19) ? "in order\n" : json_encode($ended) . "\n";

// In a Suspension, and in a hook after it.
$suspension = EventLoop::getSuspension();
EventLoop::queue(static function () use ($suspension): void {
    $own = EventLoop::getSuspension();
    EventLoop::delay(0.001, static fn () => $own->resume('woken'));
    $value = $own->suspend();
    usleep(1000);
    $suspension->resume("$value, slept");
});
echo $suspension->suspend(), "\n";

// In a Fiber of somebody's own: who started it waits too, and the loop goes on.
EventLoop::queue(static function () use (&$order): void {
    $fiber = new Fiber(static function () use (&$order): int {
        while ($order !== ['timer']) {
            usleep(500);
        }
        $order[] = 'fiber';
        return Fiber::suspend(1) + 1;
    });
    $order[] = 'it gave ' . $fiber->start();
    $fiber->resume(41);
    $order[] = 'it returned ' . $fiber->getReturn();
});
EventLoop::delay(0.001, static function () use (&$order): void {
    $order[] = 'timer';
});
EventLoop::run();
echo implode(', ', $order), "\n";
?>
--EXPECT--
20 overlapped
in order
woken, slept
timer, fiber, it gave 1, it returned 42
