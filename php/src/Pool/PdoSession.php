<?php
declare(strict_types=1);

namespace Tusk\Pool;

/** @internal A connection while a coroutine has it. */
final class PdoSession
{
    public readonly PdoConnection $connection;
    /** Statements whose rows were not all fetched. */
    public int $cursors = 0;
    /** Something was done with it. */
    public bool $used = false;
    /** It is kept for a lastInsertId() alone, so the next statement may have any connection. */
    public bool $idle = false;

    /** @var \WeakReference<\Tusk\Coroutine> */
    private readonly \WeakReference $owner;

    public function __construct(public readonly Lease $lease, \Tusk\Coroutine $owner)
    {
        $this->connection = $lease->get();
        $this->owner = \WeakReference::create($owner);
    }

    /** Who took it; null: it has ended. */
    public function owner(): ?\Tusk\Coroutine
    {
        return $this->owner->get();
    }

    public function unused(): bool
    {
        return !$this->used && $this->cursors === 0;
    }
}
