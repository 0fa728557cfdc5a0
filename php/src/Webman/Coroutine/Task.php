<?php
/** webman-coroutine's Coroutine on Tusk: runs at once, until it first waits. */

declare(strict_types=1);

namespace Tusk\Webman\Coroutine;

use Closure;
use Throwable;
use Tusk\Coroutine;
use Workbunny\WebmanCoroutine\Utils\Coroutine\Handlers\CoroutineInterface;

final class Task implements CoroutineInterface
{
    private readonly Coroutine $coroutine;

    public function __construct(Closure $func)
    {
        $this->coroutine = Coroutine::start(static fn () => $func(Coroutine::current()->id()));
    }

    public function __destruct()
    {
    }

    public function origin(): Coroutine
    {
        return $this->coroutine;
    }

    public function id(): int
    {
        return $this->coroutine->id();
    }

    /** Tusk cancels with an exception of its own. */
    public function kill(Throwable $throwable): void
    {
        $this->coroutine->cancel();
    }
}
