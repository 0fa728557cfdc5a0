--TEST--
What callbacks print goes into the output buffer of who runs the loop
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
ob_start();
EventLoop::queue(static function (): void {
    echo 'a';
    usleep(1000);
    echo 'b';
    $suspension = EventLoop::getSuspension();
    EventLoop::defer(static fn () => $suspension->resume());
    $suspension->suspend();
    echo 'c';
});
EventLoop::run();
$buffered = ob_get_clean();
echo "buffered: $buffered\n";
EventLoop::queue(static function (): void {
    echo "unbuffered, level ", ob_get_level(), "\n";
});
EventLoop::run();
?>
--EXPECT--
buffered: abc
unbuffered, level 0
