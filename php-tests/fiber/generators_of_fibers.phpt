--TEST--
In mode auto a Fiber that PHP code uses as a generator waits transparently, also inside a foreign loop
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

/** Yields its values by Fiber::suspend(), and waits before each. */
function values(Fiber $fiber): Generator
{
    for ($value = $fiber->start(); !$fiber->isTerminated(); $value = $fiber->resume()) {
        yield $value;
    }
}
$make = static fn () => new Fiber(static function (): void {
    foreach (['one', 'two', 'three'] as $value) {
        usleep(1000);
        Fiber::suspend($value);
    }
});
Tusk\go(static fn () => usleep(2000));
echo implode(' ', iterator_to_array(values($make()), false)), " in the main script\n";

EventLoop::setDriver(new EventLoop\Driver\StreamSelectDriver());
$order = [];
EventLoop::queue(static function () use ($make, &$order): void {
    foreach (values($make()) as $value) {
        $order[] = $value;
    }
});
$ticks = 0;
$timer = EventLoop::repeat(0.0002, static function () use (&$order, &$ticks, &$timer): void {
    $ticks++;
    if (count($order) === 3) {
        EventLoop::cancel($timer);
    }
});
EventLoop::run();
echo implode(' ', $order), $ticks > 1 ? " while the loop goes on\n" : " while the loop waits\n";
?>
--EXPECT--
one two three in the main script
one two three while the loop goes on
