<?php
/**
 * The calls of callbacks and microtasks that have not returned, each in its Fiber.
 *
 * A call that waits in a hook (PDO, sleep) would block in plain PHP: meanwhile the same
 * callback is not called again, and the loop does not end. A call that waits in a
 * Suspension holds nothing, as on Revolt's other drivers. A Fiber that suspended itself
 * says so: isSuspended() is false in a hook.
 */

declare(strict_types=1);

namespace Tusk\Revolt;

use Closure;
use Fiber;
use Revolt\EventLoop\Internal\DriverCallback;

final class Calls
{
    /** @var array<int, Fiber> by object number */
    private array $fibers = [];

    /** @var array<string, Fiber> the latest call of each callback */
    private array $latest = [];

    /** @var array<string, DriverCallback> those that are due again */
    private array $held = [];

    /** @param Closure(DriverCallback): void $release gets what was held, when it may be called */
    public function __construct(private readonly Closure $release)
    {
    }

    public function enter(Fiber $fiber, ?string $id = null): void
    {
        $this->fibers[spl_object_id($fiber)] = $fiber;
        if ($id !== null) {
            $this->latest[$id] = $fiber;
        }
    }

    public function leave(Fiber $fiber, ?string $id = null): void
    {
        unset($this->fibers[spl_object_id($fiber)]);
        // A later call, made while this one was suspended, keeps its place.
        if ($id !== null && ($this->latest[$id] ?? null) === $fiber) {
            unset($this->latest[$id]);
            $this->letGo($id);
        }
    }

    /** A callback is due. True: it must wait, and is released later. */
    public function hold(DriverCallback $callback): bool
    {
        $fiber = $this->latest[$callback->id] ?? null;
        if ($fiber === null || $fiber->isSuspended()) {
            return false;
        }
        $this->held[$callback->id] = $callback;
        return true;
    }

    /** The callback was disabled. */
    public function forget(string $id): void
    {
        unset($this->held[$id]);
    }

    /** This Fiber is about to suspend itself. */
    public function suspends(?Fiber $fiber): void
    {
        foreach ($this->held as $id => $callback) {
            if (($this->latest[$id] ?? null) === $fiber) {
                $this->letGo((string) $id);
            }
        }
    }

    /** Does one of them wait in a hook? */
    public function waits(): bool
    {
        foreach ($this->fibers as $fiber) {
            if (!$fiber->isSuspended()) {
                return true;
            }
        }
        return false;
    }

    private function letGo(string $id): void
    {
        $callback = $this->held[$id] ?? null;
        if ($callback !== null) {
            unset($this->held[$id]);
            ($this->release)($callback);
        }
    }
}
