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

    /** @var WeakMap<object, Semaphore> of connections that have had two messages at once */
    private WeakMap $connections;


    public function __construct(callable $handle, private readonly Limits $limits)
    {
        $this->handle = $handle(...);
        $this->worker = new Semaphore($limits->perWorker);
        $this->connections = new WeakMap();
    }

    /** **Suspends** while the worker, or the connection, has enough to do. */
    public function onMessage(object $connection, mixed ...$message): mixed
    {
        if (!$this->worker->tryAcquire() && !$this->wait($this->worker)) {
            return $this->refuse($connection, $message[0] ?? null);
        }
        try {
            return $this->ofConnection($connection, $message);
        } finally {
            $this->worker->release();
        }
    }

    /** Messages that wait for their turn. */
    public function queued(): int
    {
        return $this->worker->waiting();
    }

    private function ofConnection(object $connection, array $message): mixed
    {
        if (!$connection instanceof TcpConnection || $message !== [] && $message[0] instanceof Request) {
            return ($this->handle)($connection, ...$message);
        }
        $turns = $this->connections[$connection] ??= new Semaphore($this->limits->perConnection);
        if (!$turns->tryAcquire() && !$this->wait($turns)) {
            return $this->refuse($connection, $message[0] ?? null);
        }
        try {
            return ($this->handle)($connection, ...$message);
        } finally {
            $turns->release();
        }
    }

    private function wait(Semaphore $turns): bool
    {
        if ($turns->waiting() >= $this->limits->queue) {
            return false;
        }
        try {
            $turns->acquire(1, $this->limits->patience);
            return true;
        } catch (TimeoutException) {
            return false;
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
