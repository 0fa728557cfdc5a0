<?php
/**
 * Puts Tusk's drivers into workerman/coroutine, whose classes choose among their own by the
 * event loop's name and have no setting.
 *
 * Four of them keep the choice in a protected static property, which is set here. Channel
 * makes its driver in its constructor; the class is replaced as a whole, which has to
 * happen before anybody uses it. Tusk's event loop does all this when it is made, in the
 * worker process; for scripts without it there is php/coroutine.php.
 */

declare(strict_types=1);

namespace Tusk\Workerman\Coroutine;

use Closure;
use Workerman\Coroutine as WorkermanCoroutine;
use Workerman\Coroutine\Barrier as WorkermanBarrier;
use Workerman\Coroutine\Channel as WorkermanChannel;
use Workerman\Coroutine\Context as WorkermanContext;
use Workerman\Coroutine\WaitGroup as WorkermanWaitGroup;

final class Drivers
{
    private const PROPERTIES = [
        WorkermanCoroutine::class => ['driverClass', Coroutine::class],
        WorkermanContext::class => ['driver', Context::class],
        WorkermanBarrier::class => ['driver', Barrier::class],
        WorkermanWaitGroup::class => ['driverClass', WaitGroup::class],
    ];

    /** False: the package is not here. It may be called again. */
    public static function install(): bool
    {
        if (!interface_exists(WorkermanCoroutine\Coroutine\CoroutineInterface::class)) {
            return false;
        }
        foreach (self::PROPERTIES as $class => [$property, $driver]) {
            // Loading a class makes its own choice, so it comes first.
            class_exists($class);
            Closure::bind(static fn () => static::$$property = $driver, null, $class)();
        }
        if (!class_exists(WorkermanChannel::class, false)) {
            class_alias(Channel::class, WorkermanChannel::class);
        } elseif (!is_a(WorkermanChannel::class, Channel::class, true)) {
            self::replaceLoadedChannel();
        }
        return true;
    }

    /** Its class was used already: what it makes from now on is replaced, if that can be. */
    private static function replaceLoadedChannel(): void
    {
        if (!class_exists(WorkermanChannel\Memory::class, false)) {
            class_alias(Channel::class, WorkermanChannel\Memory::class);
        } elseif (!is_a(WorkermanChannel\Memory::class, Channel::class, true)) {
            trigger_error(
                'Workerman\Coroutine\Channel was used before Tusk\'s event loop was made, and its channels will not '
                . 'wait: make pools, lockers and channels in onWorkerStart or later, or require php/coroutine.php of '
                . 'tusk/tusk before them',
                E_USER_WARNING,
            );
        }
    }
}
