<?php
/**
 * A phpredis client for many coroutines on few connections.
 *
 * Plain commands do not take a connection of their own: those that coroutines give in the same
 * turn of the loop are sent as one pipeline, and each gets its answer. MULTI, pipeline() and
 * WATCH take a connection until EXEC or DISCARD; a command that waits on the server (BLPOP,
 * SUBSCRIBE …) takes one until it returns.
 *
 * A command that was sent is never sent again. When the connection breaks, everybody whose
 * command was in that pipeline gets the RedisException.
 */

declare(strict_types=1);

namespace Tusk\Pool;

use Tusk\Coroutine;
use function Tusk\go;

/** @mixin \Redis */
class Redis
{
    /** Commands in one pipeline: an answer of each must be kept until all are there. */
    private const BATCH = 512;

    /** They begin something that the next commands belong to. */
    private const PINS = ['multi' => true, 'pipeline' => true, 'watch' => true];
    /** They end it. */
    private const UNPINS = ['exec' => true, 'discard' => true, 'unwatch' => true];
    /** They wait on the server, or cannot be in a pipeline, or have no answer there. */
    private const ALONE = [
        'blpop' => true, 'brpop' => true, 'brpoplpush' => true, 'blmove' => true, 'blmpop' => true, 'bzpopmin' => true,
        'bzpopmax' => true, 'bzmpop' => true, 'xread' => true, 'xreadgroup' => true, 'wait' => true, 'subscribe' => true,
        'psubscribe' => true, 'ssubscribe' => true, 'scan' => true, 'hscan' => true, 'sscan' => true, 'zscan' => true,
        'info' => true, 'client' => true, 'config' => true, 'rawcommand' => true, 'getlasterror' => true,
        'clearlasterror' => true, 'getoption' => true, 'ping' => true, 'monitor' => true, 'debug' => true,
        '_prefix' => true, '_serialize' => true, '_unserialize' => true, '_pack' => true, '_unpack' => true,
        'isconnected' => true, 'getmode' => true, 'gethost' => true, 'getport' => true, 'getdbnum' => true,
    ];
    /** They would change the connection for everybody: the factory is their place. */
    private const REFUSED = [
        'connect' => true, 'pconnect' => true, 'open' => true, 'popen' => true, 'close' => true, 'select' => true,
        'auth' => true, 'setoption' => true, 'swapdb' => true, 'unsubscribe' => true, 'punsubscribe' => true,
    ];

    private readonly Pool $pool;
    /** @var \WeakMap<Coroutine, Lease> */
    private \WeakMap $pinned;
    /** @var list<RedisCommand> given and not sent */
    private array $waiting = [];
    private bool $flushing = false;

    /**
     * `$factory` returns a connected \Redis, with its database, password and options set;
     * the rest is as for Tusk\Pool\Pool.
     */
    public function __construct(callable $factory, mixed ...$settings)
    {
        $this->pinned = new \WeakMap();
        $this->pool = new Pool($factory, ...$settings + [
            'name' => 'Redis',
            'isAlive' => static fn (\Redis $redis): bool => (bool) $redis->ping(),
            // A connection whose user ended inside MULTI or WATCH.
            'reset' => static function (\Redis $redis): void {
                $redis->getMode() === \Redis::ATOMIC || $redis->discard();
                $redis->unwatch();
            },
        ]);
    }

    /** Suspends. */
    public function __call(string $name, array $arguments): mixed
    {
        $command = strtolower($name);
        if (isset(self::REFUSED[$command])) {
            throw new \Tusk\MisuseError("Redis::$name() would change a connection that others use too: do it in the factory of Tusk\\Pool\\Redis");
        }
        $lease = $this->pinned[Coroutine::current()] ?? null;
        if ($lease !== null && !$lease->isReleased()) {
            return $this->onPinned($lease, $command, $name, $arguments);
        }
        if (isset(self::PINS[$command])) {
            $lease = $this->pool->acquire();
            $this->pinned[Coroutine::current()] = $lease;
            return $this->onPinned($lease, $command, $name, $arguments);
        }
        if (isset(self::ALONE[$command])) {
            return $this->alone($name, $arguments);
        }
        return $this->together(new RedisCommand($name, $arguments));
    }

    /** SCAN and its like take their cursor by reference, which __call() cannot. Suspends. */
    public function scan(&$iterator, ?string $pattern = null, int $count = 0, ?string $type = null): array|false
    {
        return $this->on(static function (\Redis $redis) use (&$iterator, $pattern, $count, $type) {
            return $type === null ? $redis->scan($iterator, $pattern, $count) : $redis->scan($iterator, $pattern, $count, $type);
        });
    }

    /** Suspends. */
    public function hScan(string $key, &$iterator, ?string $pattern = null, int $count = 0): array|bool
    {
        return $this->on(static function (\Redis $redis) use ($key, &$iterator, $pattern, $count) {
            return $redis->hscan($key, $iterator, $pattern, $count);
        });
    }

    /** Suspends. */
    public function sScan(string $key, &$iterator, ?string $pattern = null, int $count = 0): array|false
    {
        return $this->on(static function (\Redis $redis) use ($key, &$iterator, $pattern, $count) {
            return $redis->sscan($key, $iterator, $pattern, $count);
        });
    }

    /** Suspends. */
    public function zScan(string $key, &$iterator, ?string $pattern = null, int $count = 0): array|false
    {
        return $this->on(static function (\Redis $redis) use ($key, &$iterator, $pattern, $count) {
            return $redis->zscan($key, $iterator, $pattern, $count);
        });
    }

    /** Calls with a connection that nobody else uses meanwhile: for what this class does not know. Suspends. */
    public function with(callable $callable): mixed
    {
        return $this->on($callable);
    }

    /** See Tusk\Pool\Pool::stats(). */
    public function stats(): array
    {
        return $this->pool->stats();
    }

    private function on(callable $call): mixed
    {
        $lease = $this->pinned[Coroutine::current()] ?? null;
        if ($lease !== null && !$lease->isReleased()) {
            return $call($lease->get());
        }
        $lease = $this->pool->acquire();
        try {
            $result = $call($lease->get());
        } catch (\Throwable $thrown) {
            self::ended($lease, $thrown);
            throw $thrown;
        }
        $lease->release(true);
        return $result;
    }

    private function alone(string $name, array $arguments): mixed
    {
        return $this->on(static fn (\Redis $redis) => $redis->$name(...$arguments));
    }

    private function onPinned(Lease $lease, string $command, string $name, array $arguments): mixed
    {
        $redis = $lease->get();
        try {
            $result = $redis->$name(...$arguments);
        } catch (\Throwable $thrown) {
            unset($this->pinned[Coroutine::current()]);
            self::ended($lease, $thrown);
            throw $thrown;
        }
        if (isset(self::UNPINS[$command])) {
            unset($this->pinned[Coroutine::current()]);
            // EXEC and DISCARD end WATCH too, so there is nothing to reset.
            $lease->release($redis->getMode() === \Redis::ATOMIC);
        }
        // phpredis returns the client, for chains; the chain goes on here.
        return $result === $redis ? $this : $result;
    }

    /** A failure that the server answered leaves the connection as it is; any other breaks it. */
    private static function ended(Lease $lease, \Throwable $thrown): void
    {
        $answered = $thrown instanceof \RedisException && preg_match('/^[A-Z]{3,}\b/', $thrown->getMessage()) === 1;
        $answered || !($thrown instanceof \RedisException || $thrown instanceof \Tusk\CancelledException)
            ? $lease->release()
            : $lease->discard();
    }

    private function together(RedisCommand $command): mixed
    {
        $this->waiting[] = $command;
        if (!$this->flushing) {
            $this->flushing = true;
            go($this->flush(...));
        }
        return $command->wait();
    }

    /** Sends what was given since, as long as there is something. */
    private function flush(): void
    {
        try {
            while ($this->waiting !== []) {
                $batch = array_splice($this->waiting, 0, self::BATCH);
                // More than one pipeline may be on its way, on further connections.
                go($this->send(...), $batch);
            }
        } finally {
            $this->flushing = false;
        }
    }

    /** @param list<RedisCommand> $batch */
    private function send(array $batch): void
    {
        try {
            $lease = $this->pool->acquire();
        } catch (\Throwable $thrown) {
            foreach ($batch as $command) {
                $command->fail($thrown);
            }
            return;
        }
        $redis = $lease->get();
        try {
            if (count($batch) === 1) {
                $batch[0]->answer($redis->{$batch[0]->name}(...$batch[0]->arguments));
                $lease->release(true);
                return;
            }
            $redis->pipeline();
            $sent = [];
            foreach ($batch as $command) {
                try {
                    $redis->{$command->name}(...$command->arguments);
                    $sent[] = $command;
                } catch (\TypeError | \ValueError | \ArgumentCountError | \Error $wrong) {
                    // Nothing was sent of it: its own caller hears of it.
                    $command->fail($wrong);
                }
            }
            $answers = $redis->exec();
            if (!is_array($answers) || count($answers) !== count($sent)) {
                throw new \RedisException('the answers to a pipeline did not come: the connection was lost');
            }
            foreach ($sent as $index => $command) {
                $command->answer($answers[$index]);
            }
            $lease->release(true);
        } catch (\Throwable $thrown) {
            foreach ($batch as $command) {
                $command->fail($thrown);
            }
            count($batch) === 1 ? self::ended($lease, $thrown) : $lease->discard();
        }
    }
}
