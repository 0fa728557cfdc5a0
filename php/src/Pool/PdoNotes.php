<?php
declare(strict_types=1);

namespace Tusk\Pool;

use Tusk\Coroutine;

/**
 * @internal What is known of each coroutine's last statement when its connection has gone back: how
 * it failed, and, of MySQL and SQLite, what it inserted.
 */
final class PdoNotes
{
    /** There may be some. Asked first, because there are rarely. */
    public bool $any = false;

    /** @var \WeakMap<Coroutine, array{0: ?array, 1: string|false|null}> */
    private \WeakMap $notes;

    public function __construct()
    {
        $this->notes = new \WeakMap();
    }

    /** A statement begins: what was said of the last one is over. */
    public function forget(Coroutine $of): void
    {
        unset($this->notes[$of]);
        $this->any = count($this->notes) > 0;
    }

    public function failed(?array $errorInfo): void
    {
        $this->notes[Coroutine::current()] = [$errorInfo ?? ['HY000', null, null], null];
        $this->any = true;
    }

    public function succeeded(): void
    {
        $me = Coroutine::current();
        if (isset($this->notes[$me])) {
            $this->notes[$me] = [null, $this->notes[$me][1]];
        }
    }

    public function inserted(Coroutine $by, string|false $id): void
    {
        $this->notes[$by] = [$this->notes[$by][0] ?? null, $id];
        $this->any = true;
    }

    public function error(): ?array
    {
        return $this->notes[Coroutine::current()][0] ?? null;
    }

    public function lastId(): string|false|null
    {
        return $this->notes[Coroutine::current()][1] ?? null;
    }
}
