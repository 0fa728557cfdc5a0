<?php
/**
 * Lets so many messages at once into a worker, and of one connection; the others wait their
 * turn, first come, first served. Who finds the queue full, or waits too long, is answered
 * with 503 (HTTP), or dropped with its connection.
 *
 * Requests of an HTTP connection are served one after the other anyway; the limit per
 * connection is for websockets and protocols in Tusk\Workerman\Connections::$concurrent.
 */

declare(strict_types=1);

namespace Tusk\Webman;

use Closure;
use Tusk\Semaphore;
use Tusk\TimeoutException;
use WeakMap;
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;

final class Gate
{
    private readonly Closure $handle;
    private readonly Semaphore $worker;

    /** @var WeakMap<object, Semaphore> of connections whose messages may come at once */
    private WeakMap $connections;

    /** Messages that wait, for whichever limit. */
    private int $queued = 0;

    public function __construct(callable $handle, private readonly Limits $limits)
    {
        $this->handle = $handle(...);
        $this->worker = new Semaphore($limits->perWorker);
        $this->connections = new WeakMap();
    }

    /** **Suspends** while the connection, or the worker, has enough to do. */
    public function onMessage(object $connection, mixed ...$message): mixed
    {
        $deadline = null;
        // The connection's turn comes first: what waits for that takes no place from the others.
        $turns = $this->turnsOf($connection, $message[0] ?? null);
        if ($turns !== null && !$this->enter($turns, $deadline)) {
            return $this->refuse($connection, $message[0] ?? null);
        }
        try {
            if (!$this->enter($this->worker, $deadline)) {
                return $this->refuse($connection, $message[0] ?? null);
            }
            try {
                return ($this->handle)($connection, ...$message);
            } finally {
                $this->worker->release();
            }
        } finally {
            $turns?->release();
        }
    }

    /** Messages that wait for their turn. */
    public function queued(): int
    {
        return $this->queued;
    }

    /** Requests of HTTP come one after the other by themselves. */
    private function turnsOf(object $connection, mixed $message): ?Semaphore
    {
        if (!$connection instanceof TcpConnection || $message instanceof Request) {
            return null;
        }
        return $this->connections[$connection] ??= new Semaphore($this->limits->perConnection);
    }

    /** @param ?int $deadline set by the first wait of a message, for all */
    private function enter(Semaphore $turns, ?int &$deadline): bool
    {
        if ($turns->tryAcquire()) {
            return true;
        }
        if ($this->queued >= $this->limits->queue) {
            return false;
        }
        $deadline ??= hrtime(true) + (int) ($this->limits->patience * 1e9);
        $this->queued++;
        try {
            $turns->acquire(1, max(0.0, ($deadline - hrtime(true)) / 1e9));
            return true;
        } catch (TimeoutException) {
            return false;
        } finally {
            $this->queued--;
        }
    }

    private function refuse(object $connection, mixed $message): null
    {
        if ($message instanceof Request) {
            $connection->send(new Response(503, ['Retry-After' => '1'], "The server has too much to do; please try again.\n"));
        } else {
            $connection->close();
        }
        return null;
    }
}
