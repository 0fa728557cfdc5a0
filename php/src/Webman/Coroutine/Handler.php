<?php
/**
 * webman-coroutine's handler on Tusk (package workbunny/webman-coroutine): its sleep(),
 * wait_for() and wakeup(), and its Coroutine, Channel and WaitGroup.
 */

declare(strict_types=1);

namespace Tusk\Webman\Coroutine;

use Closure;
use Tusk\Channel;
use Tusk\Coroutine;
use Tusk\TimeoutException as TuskTimeout;
use Tusk\Workerman\EventLoop;
use WeakMap;
use Workbunny\WebmanCoroutine\Exceptions\TimeoutException;
use Workbunny\WebmanCoroutine\Factory;
use Workbunny\WebmanCoroutine\Handlers\HandlerInterface;
use Workbunny\WebmanCoroutine\Utils\Channel\Channel as WorkbunnyChannel;
use Workbunny\WebmanCoroutine\Utils\Coroutine\Coroutine as WorkbunnyCoroutine;
use Workbunny\WebmanCoroutine\Utils\WaitGroup\WaitGroup as WorkbunnyWaitGroup;

final class Handler implements HandlerInterface
{
    /** How often wait_for() without an event asks its question, in seconds. */
    private const PERIOD = 0.001;

    /** @var array<string, Channel> who sleeps until an event is woken, a token for each wake-up */
    private static array $events = [];

    private static ?WeakMap $sleepers = null;

    /** Registers it and its Coroutine, Channel and WaitGroup. */
    public static function install(): void
    {
        Factory::register(EventLoop::class, self::class);
        $others = [
            WorkbunnyCoroutine::class => Task::class,
            WorkbunnyChannel::class => Queue::class,
            WorkbunnyWaitGroup::class => Group::class,
        ];
        foreach ($others as $class => $driver) {
            // Their register() accepts objects only and keeps an interface's name.
            Closure::bind(static fn () => self::$_handlers[EventLoop::class] = $driver, null, $class)();
        }
    }

    public static function isAvailable(): bool
    {
        return extension_loaded('tusk');
    }

    public static function initEnv(): void
    {
    }

    public static function waitFor(?Closure $action = null, int|float $timeout = -1, ?string $event = null): void
    {
        $deadline = $timeout > 0 ? hrtime(true) + (int) ($timeout * 1e9) : null;
        try {
            while ($action === null || $action() !== true) {
                $left = $deadline === null ? null : ($deadline - hrtime(true)) / 1e9;
                if ($left !== null && $left <= 0) {
                    throw new TimeoutException("Timeout after $timeout seconds.");
                }
                $event === null ? \Tusk\sleep(self::PERIOD) : self::sleep($left ?? -1, $event);
            }
        } finally {
            if ($event !== null) {
                self::wakeup($event);
            }
        }
    }

    public static function wakeup(string $event): void
    {
        $channel = self::$events[$event] ?? null;
        if ($channel !== null && $channel->receiversWaiting() > count($channel)) {
            $channel->send(true);
        }
    }

    public static function sleep(int|float $timeout = 0, ?string $event = null): void
    {
        self::getSuspensionsWeakMap()[Coroutine::current()] = ['id' => Coroutine::current()->id(), 'event' => $event, 'startTime' => microtime(true)];
        if ($event === null) {
            \Tusk\sleep(max(0.0, (float) $timeout));
            return;
        }
        $channel = self::$events[$event] ??= new Channel(1024);
        try {
            $channel->receive($timeout < 0 ? null : (float) $timeout);
        } catch (TuskTimeout) {
            // As with the package's own handlers, who asked looks for itself.
        } finally {
            if ($channel->receiversWaiting() === 0) {
                unset(self::$events[$event]);
            }
        }
    }

    public static function kill(object|int|string $suspensionOrSuspensionId, string $message = 'kill', int $exitCode = 0): void
    {
        foreach (self::getSuspensionsWeakMap() as $coroutine => $info) {
            if ($coroutine === $suspensionOrSuspensionId || $info['id'] === $suspensionOrSuspensionId) {
                $coroutine->cancel();
            }
        }
    }

    public static function getSuspensionsWeakMap(): WeakMap
    {
        return self::$sleepers ??= new WeakMap();
    }
}
