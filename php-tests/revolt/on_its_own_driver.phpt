--TEST--
On Revolt's StreamSelectDriver a hooked call suspends its callback and not the loop; failures, interrupts and the loop's end are Revolt's
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

EventLoop::setDriver(new EventLoop\Driver\StreamSelectDriver());

// They overlap: the last to begin lets the first go on.
$channel = new Tusk\Channel(0);
for ($i = 0; $i < 20; $i++) {
    EventLoop::queue(static function () use ($i, $channel, &$ended): void {
        if ($i === 19) {
            for ($others = 0; $others < 19; $others++) {
                $channel->send($others);
            }
        } else {
            $channel->receive();
        }
        usleep(1000);
        $ended[] = $i;
    });
}
EventLoop::run();
echo count($ended), " overlapped\n";

// The loop does not end while one waits, and has no callback more than before when it has ended.
EventLoop::queue(static function (): void {
    usleep(5000);
    echo "before run() returns\n";
});
EventLoop::run();
echo json_encode(EventLoop::getIdentifiers()), "\n";

// {main} waits for what a callback does after a wait.
$suspension = EventLoop::getSuspension();
EventLoop::queue(static function () use ($suspension): void {
    $own = EventLoop::getSuspension();
    EventLoop::delay(0.001, static fn () => $own->resume('woken'));
    $value = $own->suspend();
    usleep(1000);
    $suspension->resume("$value, slept");
});
echo $suspension->suspend(), "\n";

// Timers and streams are served meanwhile, and a loop that never waits lets it go on, too.
[$mine, $other] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
EventLoop::onReadable($mine, static function (string $id, $mine) use (&$order): void {
    $order[] = fread($mine, 10);
    EventLoop::cancel($id);
});
EventLoop::queue(static function () use (&$order, $other): void {
    while ($order !== ['timer']) {
        usleep(200);
    }
    fwrite($other, 'read');
    while ($order !== ['timer', 'read']) {
        usleep(200);
    }
    $order[] = 'busy for it';
});
EventLoop::delay(0.001, static function () use (&$order): void {
    $order[] = 'timer';
    $again = static function () use (&$again, &$order): void {
        count($order) < 3 && EventLoop::defer($again);
    };
    $again();
});
EventLoop::run();
echo implode(', ', $order), "\n";

// A failure after a wait is the loop's, with and without a handler.
EventLoop::setErrorHandler(static function (Throwable $error): void {
    usleep(100);
    echo get_class($error), ' ', $error->getMessage(), " in the handler\n";
});
EventLoop::queue(static function (): void {
    usleep(100);
    throw new LogicException('after a wait');
});
EventLoop::run();
EventLoop::setErrorHandler(null);
EventLoop::queue(static function (): void {
    usleep(100);
    throw new LogicException('nobody handles it');
});
try {
    EventLoop::run();
} catch (EventLoop\UncaughtThrowable $error) {
    echo get_class($error->getPrevious()), ' ', $error->getPrevious()->getMessage(), "\n";
}

// stop(): the wait ends with the script.
[$near, $far] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
EventLoop::queue(static function () use ($near): void {
    fread($near, 1);
    echo "after the loop\n";
});
EventLoop::delay(0.001, static fn () => EventLoop::getDriver()->stop());
EventLoop::run();
echo "stopped\n";
fwrite($far, '!');
?>
--EXPECT--
20 overlapped
before run() returns
[]
woken, slept
timer, read, busy for it
LogicException after a wait in the handler
LogicException nobody handles it
stopped
after the loop
