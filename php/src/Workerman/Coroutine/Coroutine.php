<?php
/**
 * workerman/coroutine's Coroutine on Tusk's.
 *
 * As with that package's other drivers, start() and resume() run the coroutine at once and
 * come back when it suspends itself, waits or ends. What it throws meanwhile is thrown
 * there; what it throws later, when nobody is there, is reported as a warning.
 */

declare(strict_types=1);

namespace Tusk\Workerman\Coroutine;

use Fiber;
use RuntimeException;
use Tusk\Coroutine as TuskCoroutine;
use WeakMap;
use WeakReference;
use Workerman\Coroutine\Coroutine\CoroutineInterface;

final class Coroutine implements CoroutineInterface
{
    /** The one whose first steps are being made; its start() waits for them. */
    private static ?self $starting = null;

    /**
     * Those that have waited, for getCurrent(). What nobody else holds, nobody can compare.
     *
     * @var ?WeakMap<TuskCoroutine, WeakReference<self>>
     */
    private static ?WeakMap $waited = null;

    private ?TuskCoroutine $coroutine = null;

    /** @var ?callable */
    private $callable;

    /** What it gave to suspend(). */
    private mixed $given = null;

    /** @param ?callable $callable as go() checks it: a check by PHP at every step costs more than the step */
    public function __construct($callable = null)
    {
        $this->callable = $callable;
    }

    public static function create($callable, ...$data): self
    {
        $self = new self();
        $self->begin($callable, $data);
        return $self;
    }

    public function start(mixed ...$args): mixed
    {
        $callable = $this->callable ?? throw new RuntimeException('Coroutine has already started');
        $this->callable = null;
        return $this->begin($callable, $args);
    }

    public function resume(mixed ...$args): mixed
    {
        $coroutine = $this->coroutine ?? throw new RuntimeException('Coroutine has not started');
        $coroutine->resumeNow($args[0] ?? null);
        return $this->afterwards($coroutine);
    }

    public function id(): int
    {
        return $this->coroutine?->id() ?? 0;
    }

    public static function defer(callable $callable): void
    {
        if (!self::isCoroutine()) {
            throw new RuntimeException('Cannot defer outside of a coroutine.');
        }
        TuskCoroutine::defer($callable);
    }

    public static function suspend(mixed $value = null): mixed
    {
        self::getCurrent()->given = $value;
        return TuskCoroutine::suspend();
    }

    public static function getCurrent(): static
    {
        if (!self::isCoroutine()) {
            throw new RuntimeException('Not in a coroutine');
        }
        $running = TuskCoroutine::current();
        if (self::$starting?->coroutine === $running) {
            return self::$starting;
        }
        $self = (self::$waited[$running] ?? null)?->get();
        if ($self === null) {
            // It is a callback's, or was made by Tusk\go().
            $self = new self();
            $self->coroutine = $running;
            self::remember($self);
        }
        return $self;
    }

    public static function isCoroutine(): bool
    {
        return Fiber::getCurrent() !== null;
    }

    private function begin($callable, array $args): mixed
    {
        $this->coroutine = $coroutine = Context::withNone($callable, $args);
        $outer = self::$starting;
        self::$starting = $this;
        $coroutine->resumeNow();
        self::$starting = $outer;
        if ($coroutine->isDone()) {
            $coroutine->join(); // throws what it threw
            return null;
        }
        self::remember($this);
        return $this->afterwards($coroutine);
    }

    private static function remember(self $self): void
    {
        self::$waited ??= new WeakMap();
        self::$waited[$self->coroutine] = WeakReference::create($self);
    }

    private function afterwards(TuskCoroutine $coroutine): mixed
    {
        if ($coroutine->isDone()) {
            $coroutine->join();
            return null;
        }
        $given = $this->given;
        $this->given = null;
        return $given;
    }
}
