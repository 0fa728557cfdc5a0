<?php
/** A point in time or a length of time, as ext-grpc has it. */

declare(strict_types=1);

namespace Grpc;

/** Microseconds; the largest and smallest integers are infinite, and sums saturate there. */
class Timeval
{
    private readonly int $microseconds;

    /** @param int|float|string $microseconds what PHP can make an integer of */
    public function __construct($microseconds)
    {
        if (!is_numeric($microseconds)) {
            throw new \InvalidArgumentException('Timeval expects a long');
        }
        $this->microseconds = \is_int($microseconds) ? $microseconds : self::clamp((float) $microseconds);
    }

    private static function clamp(float $number): int
    {
        return match (true) {
            $number >= PHP_INT_MAX => PHP_INT_MAX,
            $number <= PHP_INT_MIN => PHP_INT_MIN,
            default => (int) $number,
        };
    }

    private static function sum(int $left, int $right): self
    {
        // What is infinite stays so.
        if ($left === PHP_INT_MAX || $left === PHP_INT_MIN) {
            return new self($left);
        }
        $sum = $left + $right;
        return new self(\is_int($sum) ? $sum : self::clamp($sum));
    }

    public static function now()
    {
        return new self((int) (microtime(true) * 1e6));
    }

    public static function zero()
    {
        return new self(0);
    }

    public static function infFuture()
    {
        return new self(PHP_INT_MAX);
    }

    public static function infPast()
    {
        return new self(PHP_INT_MIN);
    }

    public function add(Timeval $timeval)
    {
        return $timeval->isInfinite() && !$this->isInfinite() ? $timeval : self::sum($this->microseconds, $timeval->microseconds);
    }

    public function subtract(Timeval $timeval)
    {
        if ($timeval->isInfinite() && !$this->isInfinite()) {
            return $timeval->microseconds > 0 ? self::infPast() : self::infFuture();
        }
        // The smallest integer has no positive one; it is infinite, and was dealt with.
        return self::sum($this->microseconds, $timeval->isInfinite() ? 0 : -$timeval->microseconds);
    }

    private function isInfinite(): bool
    {
        return $this->microseconds === PHP_INT_MAX || $this->microseconds === PHP_INT_MIN;
    }

    public static function compare(Timeval $a, Timeval $b)
    {
        return $a->microseconds <=> $b->microseconds;
    }

    public static function similar(Timeval $a, Timeval $b, Timeval $threshold)
    {
        if ($a->microseconds === $b->microseconds) {
            return true;
        }
        return abs((float) $a->microseconds - (float) $b->microseconds) <= $threshold->microseconds;
    }

    /** Waits until then; other coroutines run meanwhile. */
    public function sleepUntil()
    {
        $left = $this->secondsFromNow();
        if ($left === null || $left > 0) {
            \Tusk\sleep($left ?? INF);
        }
    }

    /**
     * As a deadline: seconds until then, zero when it has passed, null for never.
     *
     * @internal
     */
    public function secondsFromNow(): ?float
    {
        return match ($this->microseconds) {
            PHP_INT_MAX => null,
            PHP_INT_MIN => 0.0,
            default => max(0.0, $this->microseconds / 1e6 - microtime(true)),
        };
    }
}
