--TEST--
Uncaught exceptions name their callback; run() twice, in a Fiber, and bad delays are refused
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

$loop = new Tusk\Revolt\Driver();
EventLoop::setDriver($loop);
function attempt(callable $do): void
{
    try {
        $do();
        echo "nothing thrown\n";
    } catch (Throwable $error) {
        echo $error::class, ': ', strtok(str_replace(__FILE__, 'FILE', $error->getMessage()), "\n"), "\n";
    }
}
EventLoop::queue(static function (): void {
    usleep(100);
    throw new RuntimeException('after a wait');
});
attempt(EventLoop::run(...));
EventLoop::queue(static function () use ($loop): void {
    attempt($loop->run(...));
});
EventLoop::run();
(new Fiber(static fn () => attempt($loop->run(...))))->start();
attempt(static fn () => $loop->delay(-1, static fn () => null));
attempt(static fn () => $loop->enable('nothing'));
attempt(static fn () => $loop->onReadable('no stream', static fn () => null) && $loop->run());
attempt(static fn () => serialize($loop));
// Nobody can resume it.
attempt(static fn () => (new Tusk\Revolt\Driver())->getSuspension()->suspend());
?>
--EXPECTF--
Revolt\EventLoop\UncaughtThrowable: Uncaught RuntimeException thrown in event loop callback %A: after a wait
Error: The event loop is already running
Error: Can't call Tusk\Revolt\Driver::run() within a fiber (i.e., outside of {main})
Error: Delay must be greater than or equal to zero
Revolt\EventLoop\InvalidCallbackError: Invalid callback identifier nothing
TypeError: %s
Error: Tusk\Revolt\Driver does not support serialization
Error: Event loop terminated without resuming the current suspension%A
