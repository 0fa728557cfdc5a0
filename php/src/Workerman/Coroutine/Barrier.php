<?php
/**
 * workerman/coroutine's Barrier on Tusk: wait() gives its own reference up and returns when
 * all others are gone, or after the timeout.
 */

declare(strict_types=1);

namespace Tusk\Workerman\Coroutine;

use Tusk\TimeoutException;
use Tusk\WaitGroup as TuskWaitGroup;
use Workerman\Coroutine\Barrier\BarrierInterface;

final class Barrier implements BarrierInterface
{
    private readonly TuskWaitGroup $references;

    public function __construct()
    {
        $this->references = new TuskWaitGroup(1);
    }

    public function __destruct()
    {
        // Wakes who waits, and switches to nobody: that is allowed in a destructor.
        $this->references->done();
    }

    public static function wait(object &$barrier, int $timeout = -1): void
    {
        $references = $barrier->references;
        $barrier = null;
        try {
            $references->wait($timeout > 0 ? (float) $timeout : null);
        } catch (TimeoutException) {
            // The package's other drivers go on too.
        }
    }

    public static function create(): object
    {
        return new self();
    }
}
