<?php
/**
 * What workerman's event loops on Tusk have in common; EventLoop (workerman 5) and
 * V4\EventLoop are this with the methods that each version asks for.
 *
 * Watches are kept by the PHP stream's resource number, as workerman's own loops do: a
 * PHP stream and direction has one callback, and a new one replaces it. What happens to a
 * connection whose callback waits is decided in Connections; how a worker process ends
 * without cutting off requests, in Shutdown.
 */

declare(strict_types=1);

namespace Tusk\Workerman;

use Closure;
use Throwable;
use Tusk\EventLoop as TuskLoop;
use Tusk\Workerman\Coroutine\Drivers;
use Workerman\Protocols\Http;
use Workerman\Worker;

abstract class Loop
{
    /** @var list<Closure> what waits for run() */
    private static array $beforeRun = [];

    /** @var array<int, int> watches by resource number */
    private array $reads = [];

    /** @var array<int, int> */
    private array $writes = [];

    /** @var array<int, callable(resource): void> their callbacks, those too that are not watched yet */
    private array $readers = [];

    /** What is being accepted gets its PHP stream as `stream`; null: nothing is. */
    private ?\stdClass $accepting = null;

    /** @var array<int, callable(int): void> */
    private array $signals = [];

    /** @var ?callable(Throwable): void */
    private $errorHandler = null;

    private Shutdown $shutdown;

    /**
     * @param class-string $class and $method whose static variable $cache hands one Request
     *        to all that send the same bytes: what a handler that waits was given must be
     *        its own
     * @param ?callable(object): ?object $another makes one for the next who sends them
     */
    protected function __construct(string $class, string $method, string $cache, ?callable $another = null)
    {
        Drivers::install();
        $this->shutdown = new Shutdown($this->isBusy(...));
        TuskLoop::setBusyHandler($this->whileBusy(...));
        TuskLoop::forgetOnWait($class, $method, $cache, $another);
        // It sends files piece by piece and must not meet itself in between.
        TuskLoop::filesBlockIn(Http::class);
    }

    public function delay(float $delay, callable $func, array $args = []): int
    {
        return TuskLoop::delay(max($delay, 0.0), $func, $args);
    }

    public function offDelay(int $timerId): bool
    {
        return TuskLoop::cancelTimer($timerId);
    }

    /** A call that is still waiting when the next is due makes that one be left out. */
    public function repeat(float $interval, callable $func, array $args = []): int
    {
        return TuskLoop::repeat(max($interval, 0.0), $func, $args);
    }

    public function offRepeat(int $timerId): bool
    {
        return TuskLoop::cancelTimer($timerId);
    }

    public function onReadable($stream, callable $func): void
    {
        $this->offReadable($stream);
        $key = (int) $stream;
        $this->readers[$key] = $func;
        $listener = Connections::listener($func, $stream);
        if ($listener !== null) {
            $func = $listener->transport === 'udp' ? $func : fn ($listener) => $this->accept($listener, $func);
            $this->shutdown->guard($listener, $stream, $func);
        } elseif ($this->accepting !== null && Connections::isConnection($func)) {
            $this->accepting->stream = $stream;
            $this->accepting = null;
            return;
        }
        $this->reads[$key] = TuskLoop::onReadable($stream, $func);
    }

    public function offReadable($stream): bool
    {
        $key = (int) $stream;
        if (!isset($this->readers[$key])) {
            return false;
        }
        if (isset($this->reads[$key])) {
            TuskLoop::cancelWatch($this->reads[$key]);
        }
        unset($this->reads[$key], $this->readers[$key]);
        return true;
    }

    public function onWritable($stream, callable $func): void
    {
        $key = (int) $stream;
        if (isset($this->writes[$key])) {
            TuskLoop::cancelWatch($this->writes[$key]);
        }
        $this->writes[$key] = TuskLoop::onWritable($stream, $func);
    }

    public function offWritable($stream): bool
    {
        $key = (int) $stream;
        if (!isset($this->writes[$key])) {
            return false;
        }
        TuskLoop::cancelWatch($this->writes[$key]);
        unset($this->writes[$key]);
        return true;
    }

    public function onSignal(int $signal, callable $func): void
    {
        $this->signals[$signal] = $func;
        pcntl_async_signals(true);
        pcntl_signal($signal, $this->onArrival(...));
        TuskLoop::watchSignals();
    }

    public function offSignal(int $signal): bool
    {
        pcntl_signal($signal, SIG_IGN);
        if (!isset($this->signals[$signal])) {
            return false;
        }
        unset($this->signals[$signal]);
        return true;
    }

    public function deleteAllTimer(): void
    {
        TuskLoop::cancelAllTimers();
    }

    public function getTimerCount(): int
    {
        return TuskLoop::timerCount();
    }

    public function setErrorHandler(callable $errorHandler): void
    {
        $this->errorHandler = $errorHandler;
        TuskLoop::setErrorHandler($errorHandler);
    }

    /**
     * Calls this when the loop of this process begins to run: everything of the worker has
     * been set up then, and nobody has been accepted.
     */
    public static function beforeRun(Closure $call): void
    {
        self::$beforeRun[] = $call;
    }

    public function run(): void
    {
        $this->shutdown->begin();
        foreach (array_splice(self::$beforeRun, 0) as $call) {
            $call();
        }
        array_map(Connections::mayBeCancelled(...), Worker::getAllWorkers());
        // One that arrived after the fork and before onSignal() waits to be dispatched.
        pcntl_signal_dispatch();
        TuskLoop::run();
    }

    /** Ends run() when what is under way has ended, or Shutdown's patience. **Suspends.** */
    public function stop(): void
    {
        $this->shutdown->finish();
        foreach (array_keys($this->signals) as $signal) {
            $this->offSignal($signal);
        }
        foreach ([...$this->reads, ...$this->writes] as $watch) {
            TuskLoop::cancelWatch($watch);
        }
        $this->reads = $this->writes = $this->readers = [];
        TuskLoop::cancelAllTimers();
        TuskLoop::stop();
    }

    /** Runs wherever the signal found the process, so it only spawns. */
    private function onArrival(int $signal): void
    {
        \Tusk\go($this->handle(...), $signal);
    }

    private function handle(int $signal): void
    {
        try {
            $this->shutdown->attend();
            if (isset($this->signals[$signal])) {
                ($this->signals[$signal])($signal);
            }
        } catch (Throwable $failure) {
            if ($this->errorHandler === null) {
                throw $failure;
            }
            ($this->errorHandler)($failure);
        }
    }

    /**
     * Accepts a connection, which is read when onConnect has returned: workerman registers
     * it before it calls onConnect, which may wait.
     */
    private function accept($listener, callable $accept): void
    {
        $mine = $this->accepting = new \stdClass();
        try {
            $accept($listener);
        } finally {
            if ($this->accepting === $mine) {
                $this->accepting = null;
            }
            $key = (int) ($mine->stream ?? 0);
            if (isset($this->readers[$key]) && !isset($this->reads[$key])) {
                $this->reads[$key] = TuskLoop::onReadable($mine->stream, $this->readers[$key]);
            }
        }
    }

    /** Something happened on a PHP stream whose read callback waits. */
    private function whileBusy($stream, int $watch): void
    {
        $key = (int) $stream;
        if (($this->reads[$key] ?? null) !== $watch) {
            return;
        }
        $reader = $this->readers[$key];
        if (Connections::mayOverlap($reader, $stream)) {
            // One call reads many messages and hands them out one by one.
            TuskLoop::allowOverlap($watch, Connections::isConnection($reader));
        } elseif (Connections::hasEnded($stream)) {
            // It finds the end, and workerman closes the connection.
            $reader($stream);
        }
    }

    /** Is a read callback of this PHP stream, or its onConnect, under way? */
    private function isBusy($stream): bool
    {
        $key = (int) $stream;
        return isset($this->reads[$key]) ? TuskLoop::isBusy($this->reads[$key]) : isset($this->readers[$key]);
    }
}
