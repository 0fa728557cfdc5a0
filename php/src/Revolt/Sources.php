<?php
/**
 * Where a driver's events come from: watches and timers of Tusk\EventLoop, and signals.
 *
 * collect() waits for events and reports the callbacks whose event has come. A watch that
 * fires tells level, not change, as Revolt expects; one that fires while nobody collects is
 * put away until the next collect(), or it would fire again and again meanwhile.
 */

declare(strict_types=1);

namespace Tusk\Revolt;

use Closure;
use Revolt\EventLoop\Internal\DriverCallback;
use Revolt\EventLoop\Internal\SignalCallback;
use Revolt\EventLoop\Internal\StreamCallback;
use Revolt\EventLoop\Internal\StreamReadableCallback;
use Revolt\EventLoop\Internal\TimerCallback;
use Revolt\EventLoop\Internal\TimerQueue;
use Revolt\EventLoop\UnsupportedFeatureException;
use Tusk\Coroutine;
use Tusk\EventLoop as Loop;

final class Sources
{
    private const READ = 0;
    private const WRITE = 1;

    /** @var array{array<int, array<string, StreamCallback>>, array<int, array<string, StreamCallback>>} by PHP stream */
    private array $streams = [[], []];

    /** @var array{array<int, int>, array<int, int>} watches by PHP stream */
    private array $watches = [[], []];

    /** @var array{array<int, resource>, array<int, resource>} PHP streams whose watch is put away */
    private array $resting = [[], []];

    private readonly TimerQueue $timers;

    /** @var array<int, array<string, SignalCallback>> */
    private array $signals = [];

    /** @var list<int> those that have arrived */
    private array $arrived = [];

    /** What pcntl_async_signals() was before the first signal callback. */
    private bool $asyncBefore = false;

    /** Who waits in collect(). */
    private ?Coroutine $waiter = null;

    /** Is collect() under way? */
    private bool $collects = false;

    /** @var array{Closure, Closure} */
    private readonly array $onEvent;

    private readonly Closure $onTime;

    /** @param Closure(DriverCallback): void $due */
    public function __construct(private readonly Closure $due)
    {
        $this->timers = new TimerQueue();
        $this->onEvent = [fn ($stream) => $this->fired(self::READ, $stream), fn ($stream) => $this->fired(self::WRITE, $stream)];
        $this->onTime = $this->wake(...);
    }

    public function __destruct()
    {
        foreach ($this->watches as $watches) {
            array_map(Loop::cancelWatch(...), $watches);
        }
        foreach (array_keys($this->signals) as $signal) {
            $this->release($signal);
        }
    }

    /** Seconds of a clock that only goes forward. */
    public static function now(): float
    {
        return hrtime(true) / 1e9;
    }

    public function activate(DriverCallback $callback): void
    {
        if ($callback instanceof TimerCallback) {
            $this->timers->insert($callback);
        } elseif ($callback instanceof StreamCallback) {
            $way = $callback instanceof StreamReadableCallback ? self::READ : self::WRITE;
            $key = (int) $callback->stream;
            $this->streams[$way][$key][$callback->id] = $callback;
            if (!isset($this->watches[$way][$key])) {
                $this->watch($way, $callback->stream);
            }
        } elseif ($callback instanceof SignalCallback) {
            $this->listen($callback);
        }
    }

    public function deactivate(DriverCallback $callback): void
    {
        if ($callback instanceof TimerCallback) {
            $this->timers->remove($callback);
        } elseif ($callback instanceof StreamCallback) {
            $way = $callback instanceof StreamReadableCallback ? self::READ : self::WRITE;
            $key = (int) $callback->stream;
            unset($this->streams[$way][$key][$callback->id]);
            if (empty($this->streams[$way][$key])) {
                $this->unwatch($way, $key);
                unset($this->streams[$way][$key], $this->resting[$way][$key]);
            }
        } elseif ($callback instanceof SignalCallback) {
            unset($this->signals[$callback->signal][$callback->id]);
            if (isset($this->signals[$callback->signal]) && $this->signals[$callback->signal] === []) {
                $this->release($callback->signal);
            }
        }
    }

    /**
     * Reports what has happened; with $mayBlock it first waits until something has, or
     * somebody calls wake(). **Suspends.**
     */
    public function collect(bool $mayBlock): void
    {
        foreach ($this->resting as $way => $streams) {
            foreach ($streams as $stream) {
                $this->watch($way, $stream);
            }
        }
        $this->resting = [[], []];
        $next = $this->timers->peek();
        $timeout = match (true) {
            !$mayBlock || $this->arrived !== [] => 0.0,
            $next === null => null,
            default => max(0.0, $next - self::now()),
        };
        $this->collects = true;
        try {
            $this->pause($timeout);
        } finally {
            $this->collects = false;
        }
        $this->reportSignals();
        $now = self::now();
        while ($timer = $this->timers->extract($now)) {
            ($this->due)($timer);
        }
    }

    /** Waits until somebody calls wake(). **Suspends.** */
    public function rest(): void
    {
        $this->pause(null);
    }

    /** Who waits goes on. */
    public function wake(): void
    {
        $waiter = $this->waiter;
        if ($waiter !== null) {
            $this->waiter = null;
            $waiter->resume();
        }
    }

    /** Waits for wake(), or so many seconds; 0 looks at the kernel once. */
    private function pause(?float $timeout): void
    {
        $alarm = $timeout === null ? null : Loop::delay($timeout, $this->onTime);
        $this->waiter = Coroutine::current();
        try {
            Coroutine::suspend();
        } finally {
            $this->waiter = null;
            if ($alarm !== null) {
                Loop::cancelTimer($alarm);
            }
        }
    }

    /** @param resource $stream */
    private function watch(int $way, $stream): void
    {
        $watch = $way === self::READ
            ? Loop::onReadable($stream, $this->onEvent[$way])
            : Loop::onWritable($stream, $this->onEvent[$way]);
        $this->watches[$way][(int) $stream] = $watch;
    }

    private function unwatch(int $way, int $key): void
    {
        if (isset($this->watches[$way][$key])) {
            Loop::cancelWatch($this->watches[$way][$key]);
            unset($this->watches[$way][$key]);
        }
    }

    /** @param resource $stream */
    private function fired(int $way, $stream): void
    {
        $key = (int) $stream;
        if (!$this->collects) {
            $this->unwatch($way, $key);
            $this->resting[$way][$key] = $stream;
            return;
        }
        foreach ($this->streams[$way][$key] ?? [] as $callback) {
            ($this->due)($callback);
        }
        $this->wake();
    }

    private function listen(SignalCallback $callback): void
    {
        $signal = $callback->signal;
        if (!isset($this->signals[$signal])) {
            set_error_handler(static fn (int $level, string $message) => throw new UnsupportedFeatureException(
                sprintf('Failed to register signal handler; Errno: %d; %s', $level, $message),
            ));
            try {
                pcntl_signal($signal, $this->arrive(...));
            } finally {
                restore_error_handler();
            }
            if ($this->signals === []) {
                $this->asyncBefore = pcntl_async_signals(true);
            }
            Loop::watchSignals();
        }
        $this->signals[$signal][$callback->id] = $callback;
    }

    private function release(int $signal): void
    {
        unset($this->signals[$signal]);
        @pcntl_signal($signal, SIG_DFL);
        if ($this->signals === []) {
            pcntl_async_signals($this->asyncBefore);
        }
    }

    /** Runs wherever the signal found the process, so it only takes note. */
    private function arrive(int $signal): void
    {
        $this->arrived[] = $signal;
        $this->wake();
    }

    private function reportSignals(): void
    {
        if ($this->signals !== []) {
            pcntl_signal_dispatch();
        }
        [$arrived, $this->arrived] = [$this->arrived, []];
        foreach ($arrived as $signal) {
            foreach ($this->signals[$signal] ?? [] as $callback) {
                ($this->due)($callback);
            }
        }
    }
}
