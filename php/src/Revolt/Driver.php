<?php
/**
 * Revolt's event loop on Tusk: AMPHP and everything else on Revolt runs on it unchanged.
 *
 *     REVOLT_DRIVER='Tusk\Revolt\Driver' php app.php
 *     Revolt\EventLoop::setDriver(new Tusk\Revolt\Driver());
 *
 * Every callback and microtask runs in a coroutine of its own, so a hooked call in it (PDO,
 * sleep, file_get_contents of a URL) suspends that callback and nobody else. Order and
 * ticks are as Revolt's Driver says: callbacks that are enabled in a tick run in the next;
 * a tick runs deferred callbacks first, then what Sources collects; microtasks run after
 * each callback.
 *
 * Where {main} belongs to another loop (workerman's), host() runs this one in a coroutine.
 */

declare(strict_types=1);

namespace Tusk\Revolt;

use Closure;
use Error;
use Fiber;
use Revolt\EventLoop\FiberLocal;
use Revolt\EventLoop\Internal\ClosureHelper;
use Revolt\EventLoop\Internal\DeferCallback;
use Revolt\EventLoop\Internal\DriverCallback;
use Revolt\EventLoop\Internal\DriverSuspension;
use Revolt\EventLoop\Internal\SignalCallback;
use Revolt\EventLoop\Internal\StreamCallback;
use Revolt\EventLoop\InvalidCallbackError;
use Revolt\EventLoop\Suspension as RevoltSuspension;
use Revolt\EventLoop\UncaughtThrowable;
use SplQueue;
use Throwable;
use Tusk\Coroutine;
use WeakMap;
use WeakReference;

final class Driver extends Callbacks
{
    /** Runs now, in this frame or in one that it called. */
    private bool $running = false;

    /** Was left in the middle, because a suspension of {main} was resumed. */
    private bool $interrupted = false;

    private bool $stopped = false;

    /** Nothing was called since the last look at the kernel. */
    private bool $idle = false;

    /** @var ?Closure(): mixed what {main}, or the host, gets instead of the next callback */
    private ?Closure $interrupt = null;

    /** @var SplQueue<array{Closure, array}> */
    private readonly SplQueue $microtasks;

    /** @var SplQueue<DriverCallback> */
    private readonly SplQueue $queue;

    /** @var ?Closure(Throwable): void */
    private ?Closure $errorHandler = null;

    /** The coroutine that runs the loop in the place of {main}. */
    private ?Coroutine $host = null;

    /** The host waits for something to do. */
    private bool $hostRests = false;

    /** @var WeakMap<object, WeakReference<DriverSuspension>> of Revolt's own code, which asks for them */
    private WeakMap $suspensions;

    /** @var WeakMap<object, WeakReference<Suspension>> */
    private WeakMap $handedOut;

    private readonly Calls $calls;
    private readonly Output $output;
    private readonly Closure $runCallback;
    private readonly Closure $queueCallback;
    private readonly Closure $interruptCallback;
    private readonly Closure $beforeSuspension;
    private readonly Closure $invokeCallback;
    private readonly Closure $invokeMicrotask;

    public function __construct()
    {
        $this->microtasks = new SplQueue();
        $this->queue = new SplQueue();
        $this->suspensions = new WeakMap();
        $this->handedOut = new WeakMap();
        $this->output = new Output();
        $this->calls = new Calls($this->release(...));
        $this->runCallback = $this->runToInterrupt(...);
        $this->queueCallback = $this->queue(...);
        $this->interruptCallback = $this->interrupt(...);
        $this->beforeSuspension = $this->beforeSuspension(...);
        $this->invokeCallback = $this->invoke(...);
        $this->invokeMicrotask = $this->invokeMicrotask(...);
        parent::__construct($this->enqueue(...));
    }

    public function run(): void
    {
        if ($this->running) {
            throw new Error('The event loop is already running');
        }
        if (Fiber::getCurrent()) {
            throw new Error(sprintf("Can't call %s() within a fiber (i.e., outside of {main})", __METHOD__));
        }
        $interrupt = $this->runToInterrupt();
        if ($interrupt) {
            $interrupt();
            throw new Error('Interrupt from event loop must throw an exception: ' . ClosureHelper::getDescription($interrupt));
        }
    }

    public function stop(): void
    {
        $this->stopped = true;
        $this->sources->wake();
    }

    public function isRunning(): bool
    {
        return $this->running || $this->interrupted;
    }

    /**
     * Runs the loop in a coroutine for as long as the process lives: for code on Revolt in
     * processes whose {main} runs another loop. Exceptions that no error handler takes
     * become warnings, and the loop goes on. Returns the coroutine; cancel() ends it.
     */
    public function host(): Coroutine
    {
        return $this->host ??= \Tusk\go(function (): void {
            try {
                while (true) {
                    try {
                        $interrupt = $this->runToInterrupt();
                        $interrupt && $interrupt();
                    } catch (UncaughtThrowable $uncaught) {
                        trigger_error($uncaught->getMessage(), E_USER_WARNING);
                    }
                    $this->hostRests = true;
                    while ($this->isEmpty() && $this->microtasks->isEmpty() && $this->queue->isEmpty()) {
                        $this->sources->rest();
                    }
                    $this->hostRests = false;
                }
            } finally {
                $this->host = null;
            }
        });
    }

    public function queue(Closure $closure, mixed ...$args): void
    {
        $this->microtasks->enqueue([$closure, $args]);
        $this->sources->wake();
    }

    public function getSuspension(): RevoltSuspension
    {
        // The queue's closure stands for {main}, whose suspension may be dropped by itself.
        $key = Fiber::getCurrent() ?? $this->queueCallback;
        $suspension = isset($this->suspensions[$key]) ? ($this->handedOut[$key] ?? null)?->get() : null;
        if ($suspension === null) {
            $inner = new DriverSuspension($this->runCallback, $this->queueCallback, $this->interruptCallback, $this->suspensions);
            $suspension = new Suspension($inner, $this->beforeSuspension);
            $this->suspensions[$key] = WeakReference::create($inner);
            $this->handedOut[$key] = WeakReference::create($suspension);
        }
        return $suspension;
    }

    public function disable(string $callbackId): string
    {
        $this->calls->forget($callbackId);
        return parent::disable($callbackId);
    }

    public function setErrorHandler(?Closure $errorHandler): void
    {
        $this->errorHandler = $errorHandler;
    }

    public function getErrorHandler(): ?Closure
    {
        return $this->errorHandler;
    }

    public function getHandle(): mixed
    {
        return null;
    }

    /** A callback is due: runs after those that are due already. */
    private function enqueue(DriverCallback $callback): void
    {
        if ($this->calls->hold($callback)) {
            $this->sources->deactivate($callback);
            return;
        }
        $this->queue->enqueue($callback);
        $this->idle = false;
    }

    /** What was due while a call of it waited may be called. */
    private function release(DriverCallback $callback): void
    {
        $this->sources->activate($callback);
        $this->sources->wake();
    }

    private function beforeSuspension(): void
    {
        $this->calls->suspends(Fiber::getCurrent());
        $this->sources->wake();
    }

    /** Runs until nothing is left, stop(), or an interrupt, which it returns. */
    private function runToInterrupt(): ?Closure
    {
        do {
            $interrupt = $this->runOnce();
        } while ($interrupt === null && gc_collect_cycles() && !$this->stopped);
        return $interrupt;
    }

    private function runOnce(): ?Closure
    {
        $outermost = !$this->running;
        $this->running = true;
        if (!$this->interrupted) {
            $this->stopped = false;
        }
        $this->interrupted = false;
        $this->output->begin();
        try {
            $this->runQueue();
            while (!$this->stopped && $this->interrupt === null && $this->hasWork()) {
                $this->tick();
                $this->runQueue();
            }
        } finally {
            $this->running = !$outermost;
            $this->output->pass();
        }
        [$interrupt, $this->interrupt] = [$this->interrupt, null];
        $this->interrupted = $interrupt !== null;
        return $interrupt;
    }

    /** Is there something to wait for: a callback, or a call that waits in a hook? */
    private function hasWork(): bool
    {
        return !$this->isEmpty() || $this->calls->waits();
    }

    private function tick(): void
    {
        $mayBlock = $this->idle && !$this->stopped;
        $this->idle = true;
        foreach ($this->takeEnabled() as $callback) {
            $callback->invokable = true;
            if ($callback instanceof DeferCallback) {
                $this->enqueue($callback);
            } else {
                $this->sources->activate($callback);
            }
        }
        if ($mayBlock && $this->hasWork()) {
            $this->runQueue();
            $mayBlock = !$this->hasEnabled() && $this->interrupt === null && $this->hasWork();
        }
        $this->sources->collect($mayBlock);
        $this->output->pass();
    }

    /** Each gets a coroutine; one that suspends is left there, and the next runs. */
    private function runQueue(): void
    {
        while ($this->interrupt === null) {
            if (!$this->microtasks->isEmpty()) {
                Coroutine::start($this->invokeMicrotask);
            } elseif (!$this->queue->isEmpty()) {
                Coroutine::start($this->invokeCallback);
            } else {
                return;
            }
            if ($this->output->written !== '') {
                $this->output->pass();
            }
        }
    }

    private function invokeMicrotask(): void
    {
        [$closure, $args] = $this->microtasks->dequeue();
        $this->enter();
        try {
            // What it was given is its own: nothing here refers to it while it runs.
            $closure(...$args, ...($args = []));
        } catch (Throwable $failure) {
            $this->fail($closure, $failure);
        } finally {
            $this->leave();
        }
    }

    private function invoke(): void
    {
        $callback = $this->queue->dequeue();
        if (!$this->begin($callback)) {
            return;
        }
        $closure = $callback->closure;
        $this->enter($callback->id);
        try {
            $result = match (true) {
                $callback instanceof StreamCallback => $closure($callback->id, $callback->stream),
                $callback instanceof SignalCallback => $closure($callback->id, $callback->signal),
                default => $closure($callback->id),
            };
            if ($result !== null) {
                throw InvalidCallbackError::nonNullReturn($callback->id, $closure);
            }
        } catch (Throwable $failure) {
            $this->fail($closure, $failure);
        } finally {
            $this->leave($callback->id);
        }
    }

    private function enter(?string $id = null): void
    {
        $this->calls->enter(Fiber::getCurrent(), $id);
        $this->output->open();
    }

    private function leave(?string $id = null): void
    {
        FiberLocal::clear();
        $this->calls->leave(Fiber::getCurrent(), $id);
        $this->sources->wake();
    }

    private function fail(Closure $closure, Throwable $failure): void
    {
        $handler = $this->errorHandler;
        if ($handler === null) {
            // Hiding it behind an interrupt that is under way would be worse.
            $this->interrupt = static fn () => throw $failure instanceof UncaughtThrowable
                ? $failure
                : UncaughtThrowable::throwingCallback($closure, $failure);
            $this->sources->wake();
            return;
        }
        Coroutine::start(function () use ($handler, $failure): void {
            $this->output->open();
            try {
                $handler($failure);
            } catch (Throwable $failure) {
                $this->interrupt = static fn () => throw $failure instanceof UncaughtThrowable
                    ? $failure
                    : UncaughtThrowable::throwingErrorHandler($handler, $failure);
                $this->sources->wake();
            }
        });
    }

    /** A suspension of {main} was resumed: the loop is left after the callback that runs. */
    private function interrupt(Closure $interrupt): void
    {
        assert($this->interrupt === null);
        $this->interrupt = $interrupt;
        $this->sources->wake();
    }
}
