<?php
/**
 * workerman 4's event loop on Tusk: as workerman 5's, with the methods of version 4.
 *
 *     Worker::$eventLoopClass = Tusk\Workerman\V4\EventLoop::class;
 *
 * EV_EXCEPT (out-of-band data) is accepted and never reported; workerman 4 asks for it on
 * Windows only.
 */

declare(strict_types=1);

namespace Tusk\Workerman\V4;

use Throwable;
use Tusk\Workerman\Loop;
use Workerman\Events\EventInterface;
use Workerman\Protocols\Http;
use Workerman\Worker;

final class EventLoop extends Loop implements EventInterface
{
    public function __construct()
    {
        parent::__construct(Http::class, 'decode', 'requests');
        // Its own loops do this around each callback.
        $this->setErrorHandler(static fn (Throwable $failure) => Worker::stopAll(250, $failure));
    }

    /** @return int|bool a timer's number, or true */
    public function add($fd, $flag, $func, $args = [])
    {
        return match ($flag) {
            self::EV_READ => $this->onReadable($fd, $func) ?? true,
            self::EV_WRITE => $this->onWritable($fd, $func) ?? true,
            self::EV_SIGNAL => $this->onSignal($fd, $func) ?? true,
            self::EV_TIMER => $this->repeat((float) $fd, $func, (array) $args),
            self::EV_TIMER_ONCE => $this->delay((float) $fd, $func, (array) $args),
            self::EV_EXCEPT => true,
            default => false,
        };
    }

    public function del($fd, $flag)
    {
        return match ($flag) {
            self::EV_READ => $this->offReadable($fd) || true,
            self::EV_WRITE => $this->offWritable($fd) || true,
            self::EV_SIGNAL => $this->offSignal($fd) || true,
            self::EV_TIMER, self::EV_TIMER_ONCE => $this->offDelay((int) $fd) || true,
            self::EV_EXCEPT => true,
            default => false,
        };
    }

    public function clearAllTimer()
    {
        $this->deleteAllTimer();
    }

    public function loop()
    {
        $this->run();
    }

    /** workerman calls exit() after it. **Suspends.** */
    public function destroy()
    {
        $this->stop();
    }
}
