<?php
/** Revolt's suspension, and a word to the driver before it suspends. */

declare(strict_types=1);

namespace Tusk\Revolt;

use Closure;
use Revolt\EventLoop\Internal\DriverSuspension;
use Revolt\EventLoop\Suspension as RevoltSuspension;
use Throwable;

final class Suspension implements RevoltSuspension
{
    public function __construct(private readonly DriverSuspension $inner, private readonly Closure $before)
    {
    }

    public function resume(mixed $value = null): void
    {
        $this->inner->resume($value);
    }

    public function suspend(): mixed
    {
        ($this->before)();
        return $this->inner->suspend();
    }

    public function throw(Throwable $throwable): void
    {
        $this->inner->throw($throwable);
    }
}
