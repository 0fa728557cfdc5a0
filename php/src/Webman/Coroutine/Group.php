<?php
/** webman-coroutine's WaitGroup on Tusk: a timeout is its TimeoutException. */

declare(strict_types=1);

namespace Tusk\Webman\Coroutine;

use Tusk\Workerman\Coroutine\WaitGroup;
use Workbunny\WebmanCoroutine\Exceptions\TimeoutException;
use Workbunny\WebmanCoroutine\Utils\WaitGroup\Handlers\WaitGroupInterface;

final class Group implements WaitGroupInterface
{
    private readonly WaitGroup $group;

    public function __construct()
    {
        $this->group = new WaitGroup();
    }

    public function __destruct()
    {
    }

    public function add(int $delta = 1): bool
    {
        return $this->group->add($delta);
    }

    public function done(): bool
    {
        return $this->group->done();
    }

    public function count(): int
    {
        return $this->group->count();
    }

    public function wait(int|float $timeout = -1): void
    {
        $this->group->wait($timeout) || throw new TimeoutException("Timeout after $timeout seconds.");
    }
}
