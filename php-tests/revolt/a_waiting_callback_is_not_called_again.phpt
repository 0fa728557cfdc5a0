--TEST--
While a call waits in a hook its callback is not called again; in a Suspension it may be
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

[$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
fwrite($far, 'one');
$inside = $most = $calls = 0;
EventLoop::onReadable($near, static function (string $id, $stream) use (&$inside, &$most, &$calls, $far): void {
    $most = max($most, ++$inside);
    usleep(3000);
    $inside--;
    if (++$calls === 3) {
        EventLoop::cancel($id);
    } else {
        fread($stream, 100);
        fwrite($far, 'more');
    }
});
EventLoop::run();
echo "$calls calls, at most $most at once\n";

$ticks = 0;
EventLoop::repeat(0, static function (string $id) use (&$ticks): void {
    usleep(2000);
    if (++$ticks === 3) {
        EventLoop::cancel($id);
    }
});
EventLoop::run();
echo "$ticks ticks\n";

// A hook first, then a Suspension that only the next call of the same callback ends.
$waiting = null;
EventLoop::repeat(0.001, static function (string $id) use (&$waiting): void {
    if ($waiting !== null) {
        EventLoop::cancel($id);
        $waiting->resume();
        return;
    }
    usleep(5000);
    $waiting = EventLoop::getSuspension();
    $waiting->suspend();
    echo "the second call let the first go on\n";
});
EventLoop::run();

// Cancelled while it waits and is due again: not called again.
$calls = 0;
$cancelled = false;
EventLoop::repeat(0.001, static function (string $id) use (&$calls, &$cancelled): void {
    $calls++;
    EventLoop::delay(0.003, static function () use ($id, &$cancelled): void {
        EventLoop::cancel($id);
        $cancelled = true;
    });
    while (!$cancelled) {
        usleep(500);
    }
});
EventLoop::run();
echo "$calls call\n";
?>
--EXPECT--
3 calls, at most 1 at once
3 ticks
the second call let the first go on
1 call
