<?php
/**
 * Starts the plugin in a worker process: limits for its requests, and webman-coroutine's
 * handler where that package is installed.
 *
 * webman sets the worker's callbacks after the bootstrap classes have run, so the limits are
 * put around them when the loop begins.
 */

declare(strict_types=1);

namespace Tusk\Webman;

use Tusk\Webman\Coroutine\Handler;
use Tusk\Workerman\EventLoop;
use Webman\Bootstrap as WebmanBootstrap;
use Workbunny\WebmanCoroutine\Factory;
use Workerman\Worker;

final class Bootstrap implements WebmanBootstrap
{
    public static function start(?Worker $worker): void
    {
        $config = config('plugin.tusk.tusk.app', []);
        if ($worker === null || !($config['enable'] ?? true) || Worker::$eventLoopClass !== EventLoop::class) {
            return;
        }
        if (class_exists(Factory::class)) {
            Handler::install();
        }
        EventLoop::beforeRun(static function () use ($worker, $config): void {
            if ($worker->onMessage !== null) {
                $gate = new Gate($worker->onMessage, Limits::from($config));
                $worker->onMessage = $gate->onMessage(...);
            }
        });
    }
}
