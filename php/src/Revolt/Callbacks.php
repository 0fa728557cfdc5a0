<?php
/**
 * The callbacks of a driver: their identifiers, and which are enabled and referenced.
 *
 *     enabled ──(next tick)──▶ active, invokable ──▶ disabled or cancelled
 *
 * A callback that was enabled is handed out by takeEnabled() at the next tick; one that is
 * disabled before that never becomes active. What active means to the kernel is Sources'.
 */

declare(strict_types=1);

namespace Tusk\Revolt;

use Closure;
use Error;
use Revolt\EventLoop\CallbackType;
use Revolt\EventLoop\Driver as RevoltDriver;
use Revolt\EventLoop\Internal\DeferCallback;
use Revolt\EventLoop\Internal\DriverCallback;
use Revolt\EventLoop\Internal\SignalCallback;
use Revolt\EventLoop\Internal\StreamReadableCallback;
use Revolt\EventLoop\Internal\StreamWritableCallback;
use Revolt\EventLoop\Internal\TimerCallback;
use Revolt\EventLoop\InvalidCallbackError;
use Revolt\EventLoop\UnsupportedFeatureException;

abstract class Callbacks implements RevoltDriver
{
    protected readonly Sources $sources;

    /** @var array<string, DriverCallback> */
    private array $callbacks = [];

    /** @var array<string, DriverCallback> those that become active at the next tick */
    private array $enabled = [];

    /** @var array<string, DeferCallback> those that run in the next tick */
    private array $deferred = [];

    private string $nextId = 'a';

    /** @param Closure(DriverCallback): void $due is told of callbacks whose event has come */
    public function __construct(Closure $due)
    {
        $this->sources = new Sources($due);
    }

    public function defer(Closure $closure): string
    {
        $callback = new DeferCallback($this->nextId(), $closure);
        $this->sources->wake();
        $this->callbacks[$callback->id] = $this->deferred[$callback->id] = $callback;
        return $callback->id;
    }

    public function delay(float $delay, Closure $closure): string
    {
        if ($delay < 0) {
            throw new Error('Delay must be greater than or equal to zero');
        }
        return $this->add(new TimerCallback($this->nextId(), $delay, $closure, Sources::now() + $delay));
    }

    public function repeat(float $interval, Closure $closure): string
    {
        if ($interval < 0) {
            throw new Error('Interval must be greater than or equal to zero');
        }
        return $this->add(new TimerCallback($this->nextId(), $interval, $closure, Sources::now() + $interval, true));
    }

    public function onReadable(mixed $stream, Closure $closure): string
    {
        return $this->add(new StreamReadableCallback($this->nextId(), $closure, $stream));
    }

    public function onWritable(mixed $stream, Closure $closure): string
    {
        return $this->add(new StreamWritableCallback($this->nextId(), $closure, $stream));
    }

    public function onSignal(int $signal, Closure $closure): string
    {
        if (!function_exists('pcntl_signal')) {
            throw new UnsupportedFeatureException('Signal handling requires the pcntl extension');
        }
        return $this->add(new SignalCallback($this->nextId(), $closure, $signal));
    }

    public function enable(string $callbackId): string
    {
        $callback = $this->get($callbackId);
        if (!$callback->enabled) {
            $callback->enabled = true;
            if ($callback instanceof TimerCallback) {
                $callback->expiration = Sources::now() + $callback->interval;
            }
            $this->put($callback);
        }
        return $callbackId;
    }

    public function cancel(string $callbackId): void
    {
        $this->disable($callbackId);
        unset($this->callbacks[$callbackId]);
    }

    public function disable(string $callbackId): string
    {
        $callback = $this->callbacks[$callbackId] ?? null;
        if ($callback === null || !$callback->enabled) {
            return $callbackId;
        }
        $callback->enabled = $callback->invokable = false;
        if ($callback instanceof DeferCallback) {
            unset($this->deferred[$callbackId]);
        } elseif (isset($this->enabled[$callbackId])) {
            unset($this->enabled[$callbackId]);
        } else {
            $this->sources->deactivate($callback);
        }
        return $callbackId;
    }

    public function reference(string $callbackId): string
    {
        $this->get($callbackId)->referenced = true;
        return $callbackId;
    }

    public function unreference(string $callbackId): string
    {
        if (isset($this->callbacks[$callbackId])) {
            $this->callbacks[$callbackId]->referenced = false;
        }
        return $callbackId;
    }

    public function isEnabled(string $callbackId): bool
    {
        return $this->get($callbackId)->enabled;
    }

    public function isReferenced(string $callbackId): bool
    {
        return $this->get($callbackId)->referenced;
    }

    public function getIdentifiers(): array
    {
        return array_map(strval(...), array_keys($this->callbacks));
    }

    public function getType(string $callbackId): CallbackType
    {
        $callback = $this->get($callbackId);
        return match (true) {
            $callback instanceof DeferCallback => CallbackType::Defer,
            $callback instanceof TimerCallback => $callback->repeat ? CallbackType::Repeat : CallbackType::Delay,
            $callback instanceof StreamReadableCallback => CallbackType::Readable,
            $callback instanceof StreamWritableCallback => CallbackType::Writable,
            $callback instanceof SignalCallback => CallbackType::Signal,
        };
    }

    public function __debugInfo(): array
    {
        return array_map(fn (DriverCallback $callback): array => [
            'type' => $this->getType($callback->id),
            'enabled' => $callback->enabled,
            'referenced' => $callback->referenced,
        ], $this->callbacks);
    }

    final public function __serialize(): never
    {
        throw new Error(static::class . ' does not support serialization');
    }

    final public function __unserialize(array $data): never
    {
        throw new Error(static::class . ' does not support deserialization');
    }

    /** Nothing that is enabled keeps the loop running. */
    protected function isEmpty(): bool
    {
        foreach ($this->callbacks as $callback) {
            if ($callback->enabled && $callback->referenced) {
                return false;
            }
        }
        return true;
    }

    protected function hasEnabled(): bool
    {
        return $this->enabled !== [] || $this->deferred !== [];
    }

    /** @return iterable<DriverCallback> what was enabled since the last tick; deferred ones last */
    protected function takeEnabled(): iterable
    {
        $taken = [...array_values($this->enabled), ...array_values($this->deferred)];
        $this->enabled = $this->deferred = [];
        return $taken;
    }

    /** A queued callback's turn has come. False: it was disabled or cancelled meanwhile. */
    protected function begin(DriverCallback $callback): bool
    {
        if (!isset($this->callbacks[$callback->id]) || !$callback->invokable) {
            return false;
        }
        if ($callback instanceof DeferCallback) {
            $this->cancel($callback->id);
        } elseif ($callback instanceof TimerCallback) {
            if (!$callback->repeat) {
                $this->cancel($callback->id);
            } else {
                // Its next time is an interval from now, and not in this tick.
                $this->disable($callback->id);
                $this->enable($callback->id);
            }
        }
        return true;
    }

    private function add(DriverCallback $callback): string
    {
        $this->callbacks[$callback->id] = $callback;
        $this->put($callback);
        return $callback->id;
    }

    private function put(DriverCallback $callback): void
    {
        if ($callback instanceof DeferCallback) {
            $this->deferred[$callback->id] = $callback;
        } else {
            $this->enabled[$callback->id] = $callback;
        }
        $this->sources->wake();
    }

    private function get(string $callbackId): DriverCallback
    {
        return $this->callbacks[$callbackId] ?? throw InvalidCallbackError::invalidIdentifier($callbackId);
    }

    private function nextId(): string
    {
        $id = $this->nextId;
        if (PHP_VERSION_ID >= 80300) {
            $this->nextId = str_increment($id);
        } else {
            $this->nextId++;
        }
        return $id;
    }
}
