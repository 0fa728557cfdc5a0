<?php
/** workerman/coroutine's WaitGroup on Tusk's: a timeout is false, and below zero none. */

declare(strict_types=1);

namespace Tusk\Workerman\Coroutine;

use Tusk\TimeoutException;
use Tusk\WaitGroup as TuskWaitGroup;
use Workerman\Coroutine\WaitGroup\WaitGroupInterface;

final class WaitGroup implements WaitGroupInterface
{
    private readonly TuskWaitGroup $group;
    private int $count = 0;

    public function __construct()
    {
        $this->group = new TuskWaitGroup();
    }

    public function add(int $delta = 1): bool
    {
        $delta = max($delta, 1);
        $this->count += $delta;
        $this->group->add($delta);
        return true;
    }

    public function done(): bool
    {
        // The package's other drivers count below zero without a word.
        if ($this->count-- > 0) {
            $this->group->done();
        }
        return true;
    }

    public function count(): int
    {
        return $this->count;
    }

    public function wait(int|float $timeout = -1): bool
    {
        try {
            $this->group->wait($timeout < 0 ? null : (float) $timeout);
            return true;
        } catch (TimeoutException) {
            return false;
        }
    }
}
