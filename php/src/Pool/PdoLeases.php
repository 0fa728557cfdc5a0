<?php
declare(strict_types=1);

namespace Tusk\Pool;

use Tusk\Coroutine;

/**
 * @internal Which coroutine has which connection of a Tusk\Pool\Pdo, and when it goes back.
 *
 * `$leases` has the lease of each coroutine that has one now, by the number of its Coroutine object.
 * PHP gives such a number out again when the object is gone; the lease has ended by then, because
 * leases end with their coroutine, and is known as such (`isReleased()`).
 */
trait PdoLeases
{
    /** @var array<int, Lease> see above */
    private array $leases = [];

    /** The connection that the running coroutine has, or gets now. */
    private function lease(): Lease
    {
        $lease = $this->known();
        if ($lease === null) {
            $number = \spl_object_id(Coroutine::current());
            // One that the server has closed while nobody used it is replaced: on it nothing was
            // sent, so what follows is not done twice.
            $lease = $this->leases[$number] = $this->pool->acquire(null, true);
            $lease->get()->owner = $number;
        }
        if ($lease->get()->version !== $this->version) {
            $this->bringUp($lease, $lease->get());
        }
        return $lease;
    }

    /**
     * A connection that was kept idle is about to be used again, so it counts as one that is taken now:
     * where the server has closed it, another one is. Never one on which more of the coroutine's is, a
     * transaction above all: what follows belongs to that, and fails with it.
     */
    private function taken(): void
    {
        $lease = $this->known();
        $connection = $lease?->get();
        if ($connection === null || !$connection->idle) {
            return;
        }
        $connection->idle = false;
        if ($connection->cursors === 0 && !$connection->traces->left && !$connection->pdo->inTransaction()) {
            $connection->used = false;
            $lease->hasHungUp() && $this->discard($lease, $connection);
        }
    }

    /** Gives it the attributes that were set since it was used last. */
    private function bringUp(Lease $lease, PdoConnection $connection): void
    {
        try {
            $connection->bringUp($this->attributes, $this->version);
        } catch (\Throwable $thrown) {
            $this->done($lease, $connection);
            throw $thrown;
        }
    }

    private function known(): ?Lease
    {
        $lease = $this->leases[\spl_object_id(Coroutine::current())] ?? null;
        return $lease === null || $lease->isReleased() ? null : $lease;
    }

    /** @internal It is broken, or in a state that nobody knows: another takes its place. */
    public function discard(Lease $lease, PdoConnection $connection): void
    {
        if (($this->leases[$connection->owner] ?? null) === $lease) {
            unset($this->leases[$connection->owner]);
        }
        $connection->forget();
        $lease->discard();
    }

    /** @internal The connection goes back unless something of the coroutine's is on it. */
    public function done(Lease $lease, PdoConnection $connection): void
    {
        if ($lease->isReleased() || $connection->cursors > 0 || $connection->traces->left || $connection->pdo->inTransaction()) {
            return;
        }
        if ($connection->inserter !== null) {
            $inserter = $connection->inserter->get();
            $connection->inserter = null;
            if ($this->driver === 'pgsql') {
                // currval() lives in the session: kept until the next statement or the end.
                $connection->idle = true;
                return;
            }
            if ($inserter !== null) {
                $this->notes->inserted($inserter, $connection->pdo->lastInsertId());
            }
        }
        if ($connection->idle) {
            // Nothing that is a statement was done with it: quote(), getAttribute().
            return;
        }
        unset($this->leases[$connection->owner]);
        $connection->used = false;
        $lease->release(true);
    }
}
