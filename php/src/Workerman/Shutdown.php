<?php
/**
 * How a worker process ends without cutting off requests.
 *
 * workerman's Worker::stop() closes every connection that looks idle, and one whose
 * handler waits does. It calls onWorkerStop before it does so: there the guard waits until
 * what is under way has ended. Meanwhile the listeners rest, so that other workers accept;
 * requests that still arrive are answered with "Connection: close"; connections that are
 * idle are closed. A worker's own onWorkerStop is called after that.
 *
 * In flight are all coroutines, except those that were there before the loop ran (they are
 * background work of onWorkerStart, and end with the process) and those that wait here.
 */

declare(strict_types=1);

namespace Tusk\Workerman;

use Closure;
use Tusk\Coroutine;
use Tusk\MisuseError;
use WeakMap;
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http;
use Workerman\Worker;

final class Shutdown
{
    /** How often it looks, in seconds: as often as workerman itself does when it stops. */
    private const PERIOD = 0.01;

    /**
     * A connection that is kept alive is closed after this long without a byte, in
     * seconds: a request that its client sent before it could know of the stop is served.
     */
    private const QUIET = 0.1;

    /** One that has not sent anything yet was made to send, and gets longer. */
    private const FRESH = 0.3;

    /** What is cancelled may take so long for its `finally`, in seconds. */
    private const LAST_WORDS = 0.1;

    /** The last coroutine that is background work; null before the loop runs. */
    private ?int $background = null;

    /** @var array<int, true> numbers of coroutines that wait here */
    private array $waiting = [];

    /** @var WeakMap<Worker, Closure> the guards set as onWorkerStop */
    private WeakMap $guards;

    /** @var WeakMap<Worker, bool> workers that stop; true: their onWorkerStop has returned */
    private WeakMap $stopped;

    /** @var WeakMap<Worker, Closure(): void> what accepts all that waits to be accepted */
    private WeakMap $backlogs;

    /** When waiting ends, hrtime in ns; null: nobody has stopped the process yet. */
    private ?int $deadline = null;

    /** @param Closure(resource): bool $isBusy tells whether a read callback is under way */
    public function __construct(private readonly Closure $isBusy)
    {
        $this->guards = new WeakMap();
        $this->stopped = new WeakMap();
        $this->backlogs = new WeakMap();
    }

    /** The loop is about to run: what is under way now is background work. */
    public function begin(): void
    {
        $this->background = max(array_keys(Coroutine::all()));
        $this->attend();
    }

    /** All workers are guarded from now on, those too that were made meanwhile. */
    public function attend(): void
    {
        foreach (Worker::getAllWorkers() as $worker) {
            $this->guardStop($worker);
        }
    }

    /** A worker listens. */
    public function guard(Worker $worker, $listener, callable $accept): void
    {
        $this->guardStop($worker);
        $this->backlogs[$worker] = static function () use ($listener, $accept): void {
            $ready = [$listener];
            $none = null;
            while (is_resource($listener) && stream_select($ready, $none, $none, 0) === 1) {
                $accept($listener);
            }
        };
    }

    /** Waits until nothing is in flight; at the deadline the rest is cancelled. **Suspends.** */
    public function finish(): void
    {
        $this->wait(fn (): bool => $this->inFlight() === []);
        $this->cancel();
    }

    private function guardStop(Worker $worker): void
    {
        $own = $worker->onWorkerStop;
        if ($own !== null && $own === ($this->guards[$worker] ?? null)) {
            return;
        }
        $this->guards[$worker] = $worker->onWorkerStop = function (Worker $worker) use ($own): void {
            $this->beforeStop($worker, $own);
        };
    }

    private function beforeStop(Worker $worker, ?callable $own): void
    {
        if (isset($this->stopped[$worker])) {
            // Stopped twice: both go on together, or the second would cut off requests.
            $this->wait(fn (): bool => $this->stopped[$worker]);
            return;
        }
        $this->stopped[$worker] = false;
        try {
            array_map($this->refuse(...), Worker::getAllWorkers());
            if (!Worker::getGracefulStop()) {
                $this->drain();
            }
            if ($own !== null) {
                $own($worker);
            }
        } finally {
            $this->stopped[$worker] = true;
        }
    }

    /** Accepts nothing more. What was accepted for a listener of its own would be lost. */
    private function refuse(Worker $worker): void
    {
        if (!$worker->reusePort) {
            $worker->pauseAccept();
            return;
        }
        if (isset($this->backlogs[$worker]) && $worker->getMainSocket() !== null) {
            ($this->backlogs[$worker])();
        }
        $worker->unlisten();
    }

    private function drain(): void
    {
        /** @var array<string, array{int, int}> when a connection was seen to read, and how much it had */
        $seen = [];
        $this->wait(function () use (&$seen): bool {
            $now = hrtime(true);
            $flying = count($this->inFlight());
            $connections = $this->connections();
            $busy = array_filter($connections, fn (TcpConnection $one): bool => $this->isBusy($one));
            foreach ($connections as $id => $connection) {
                if ($connection->protocol === Http::class) {
                    $this->announceClose($connection);
                }
                if (isset($busy[$id]) || ($seen[$id][1] ?? null) !== $connection->bytesRead) {
                    $seen[$id] = [$now, $connection->bytesRead];
                }
                // A coroutine that is no connection's callback may be about to answer on
                // any of them.
                $grace = $connection->bytesRead === 0 ? self::FRESH : self::QUIET;
                $quiet = $flying <= count($busy) && $now - $seen[$id][0] >= $grace * 1e9;
                // A process that was not let run for a while finds its time over before it has read
                // what came meanwhile.
                if ($quiet && $connection->getRecvBufferQueueSize() === 0 && !Connections::hasBytes($connection->getSocket())) {
                    $connection->close();
                }
            }
            return $flying === 0 && $this->connections() === [];
        });
        $this->cancel();
        foreach ($this->connections() as $connection) {
            $connection->close();
        }
    }

    /** Its next answer tells the client that it is the last one. */
    private function announceClose(TcpConnection $connection): void
    {
        if (property_exists($connection, 'headers')) {
            $connection->headers['Connection'] ??= 'close';
        } else {
            // workerman 4 keeps them in a property that it makes when it is needed.
            $headers = $connection->__header ?? [];
            $connection->__header = $headers + ['Connection' => 'close'];
        }
    }

    /** @return array<string, TcpConnection> */
    private function connections(): array
    {
        $connections = [];
        foreach (Worker::getAllWorkers() as $number => $worker) {
            foreach ($worker->connections as $id => $connection) {
                if ($connection instanceof TcpConnection) {
                    $connections["$number $id"] = $connection;
                }
            }
        }
        return $connections;
    }

    private function isBusy(TcpConnection $connection): bool
    {
        $socket = $connection->getSocket();
        return is_resource($socket) && ($this->isBusy)($socket);
    }

    /** @return list<Coroutine> */
    private function inFlight(): array
    {
        if ($this->background === null) {
            return [];
        }
        $flying = [];
        $own = Coroutine::current()->id();
        foreach (Coroutine::all() as $number => $coroutine) {
            if ($number > $this->background && $number !== $own && !isset($this->waiting[$number])) {
                $flying[] = $coroutine;
            }
        }
        return $flying;
    }

    private function cancel(): void
    {
        $late = $this->inFlight();
        if ($late === []) {
            return;
        }
        Worker::log('Coroutines that have not ended in time and are cancelled: ' . count($late) . '; Worker::$stopTimeout says how long they may take');
        foreach ($late as $coroutine) {
            $coroutine->cancel();
        }
        $this->deadline = hrtime(true) + (int) (self::LAST_WORDS * 1e9);
        $this->wait(fn (): bool => $this->inFlight() === []);
    }

    /**
     * Waits until a condition holds or the time is over, which is the same for all.
     *
     * The master ends a worker by SIGKILL after $stopTimeout seconds, by a clock of whole
     * seconds: what is to be cancelled in order must be so a second before.
     */
    private function wait(Closure $condition): void
    {
        $patience = max(Worker::$stopTimeout / 2, Worker::$stopTimeout - 1.0) - self::LAST_WORDS;
        $this->deadline ??= hrtime(true) + (int) ($patience * 1e9);
        $number = Coroutine::current()->id();
        $outermost = !isset($this->waiting[$number]);
        $this->waiting[$number] = true;
        try {
            while (!$condition() && hrtime(true) < $this->deadline) {
                \Tusk\sleep(self::PERIOD);
            }
        } catch (MisuseError) {
            // Stopped in a destructor, which cannot wait.
        } finally {
            if ($outermost) {
                unset($this->waiting[$number]);
            }
        }
    }
}
