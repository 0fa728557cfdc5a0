<?php
/**
 * What is behind Tusk\Pool\Redis: who gets which connection, and which commands travel together.
 *
 * Plain commands wait in a batch. Its sender takes a connection and then all that has come by then, as
 * one pipeline; so the busier the connections, the longer the pipelines. MULTI, pipeline() and WATCH
 * take a connection until EXEC or DISCARD; a command that waits on the server (BLPOP, SUBSCRIBE …)
 * takes one until it returns.
 *
 * A batch is *open* from its first command until it is full or its sender has a connection; only then may
 * commands join it. The sender is a coroutine outside everybody's scopes (Tusk\SingleFlight): whoever
 * waits for a command of the batch makes it where there is none, so it does not matter what became of who
 * made the last one. It is cancelled when nobody waits any more; a connection that it had sent to is closed.
 *
 * A command is waiting, sent or given up: who no longer waits for it before it was sent takes it out of
 * the batch.
 *
 * A command that was sent is never sent again. When the connection breaks, everybody whose command
 * was in that pipeline gets the RedisException.
 */

declare(strict_types=1);

namespace Tusk\Pool;

use Tusk\CancelledException;
use Tusk\Context;
use Tusk\Coroutine;

/** @internal */
final class RedisPool
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
        'bzpopmax' => true, 'bzmpop' => true, 'xread' => true, 'xreadgroup' => true, 'wait' => true, 'waitaof' => true, 'subscribe' => true,
        'psubscribe' => true, 'ssubscribe' => true, 'scan' => true, 'hscan' => true, 'sscan' => true, 'zscan' => true,
        'info' => true, 'client' => true, 'config' => true, 'rawcommand' => true, 'getlasterror' => true,
        'clearlasterror' => true, 'getoption' => true, 'ping' => true, 'monitor' => true, 'debug' => true,
        '_prefix' => true, '_serialize' => true, '_unserialize' => true, '_pack' => true, '_unpack' => true,
        '_compress' => true, '_uncompress' => true, '_digest' => true, 'getauth' => true, 'getpersistentid' => true,
        'gettimeout' => true, 'getreadtimeout' => true, 'gettransferredbytes' => true, 'cleartransferredbytes' => true,
        'servername' => true, 'serverversion' => true, 'isconnected' => true, 'getmode' => true, 'gethost' => true, 'getport' => true, 'getdbnum' => true,
    ];
    /** They would change the connection for everybody: the factory is their place. */
    private const REFUSED = [
        'connect' => true, 'pconnect' => true, 'open' => true, 'popen' => true, 'close' => true, 'select' => true,
        'auth' => true, 'setoption' => true, 'swapdb' => true, 'reset' => true, 'unsubscribe' => true, 'punsubscribe' => true,
    ];

    private readonly Pool $pool;
    /** @var \WeakMap<Coroutine, Lease> */
    private \WeakMap $pinned;
    /** @var \WeakMap<Coroutine, true> those that have said WATCH on it */
    private \WeakMap $watching;
    /** @var \WeakMap<\Redis, int> what the factory has chosen */
    private \WeakMap $databases;
    /** The batch that commands join now. */
    private ?RedisBatch $open = null;

    public function __construct(callable $factory, array $settings)
    {
        $this->pinned = new \WeakMap();
        $this->watching = new \WeakMap();
        // Not $this, which holds the pool.
        $databases = $this->databases = new \WeakMap();
        $connect = static function () use ($factory, $databases): \Redis {
            $redis = $factory();
            // phpredis would connect again by itself, also in the middle of an answer, and wait for the
            // rest of it on the new connection. Connections are this pool's to renew.
            defined('Redis::OPT_MAX_RETRIES') && $redis->setOption(\Redis::OPT_MAX_RETRIES, 0);
            // A server that takes nobody any more, or is loading, says so in its first answer: here that
            // is a connection that could not be made, and nobody's command that has failed.
            if ($redis->ping() === false) {
                throw new \RedisException($redis->getLastError() ?? 'the server does not answer PING');
            }
            $databases[$redis] = $redis->getDbNum();
            return $redis;
        };
        $this->pool = new Pool($connect, ...$settings + [
            'name' => 'Redis',
            'isAlive' => static fn (\Redis $redis): bool => (bool) $redis->ping(),
            // A connection whose user ended inside MULTI or WATCH.
            'reset' => static fn (\Redis $redis) => self::reset($redis, $databases[$redis]),
        ]);
    }

    /** Suspends. `$client` stands for phpredis' object where that returns itself. */
    public function command(\Redis $client, string $name, array $arguments): mixed
    {
        $result = $this->dispatch($name, $arguments);
        return $result instanceof \Redis ? $client : $result;
    }

    private function dispatch(string $name, array $arguments): mixed
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
            $lease = $this->acquire();
            $this->pinned[Coroutine::current()] = $lease;
            return $this->onPinned($lease, $command, $name, $arguments);
        }
        if (isset(self::ALONE[$command])) {
            return $this->alone($name, $arguments);
        }
        return $this->together(new RedisCommand($name, $arguments));
    }

    /** Calls with a connection that nobody else uses meanwhile: for what this class does not know. Suspends. */
    public function with(callable $callable): mixed
    {
        return $this->on($callable, false);
    }

    public function pool(): Pool
    {
        return $this->pool;
    }

    /** One that the server has closed while nobody used it is replaced: on it nothing was sent. */
    private function acquire(): Lease
    {
        return $this->pool->acquire(null, true);
    }

    private function on(callable $call, bool $clean): mixed
    {
        $lease = $this->pinned[Coroutine::current()] ?? null;
        if ($lease !== null && !$lease->isReleased()) {
            return $call($lease->get());
        }
        $lease = $this->acquire();
        try {
            $result = $call($lease->get());
            // Here, because what is open on a connection is its coroutine's until that has ended.
            $clean || self::reset($lease->get(), $this->databases[$lease->get()]);
        } catch (\Throwable $thrown) {
            self::ended($lease, $thrown);
            throw $thrown;
        }
        $lease->release(true);
        return $result;
    }

    /** Ends what a user has left open, and goes back to the factory's database. */
    private static function reset(\Redis $redis, int $database): void
    {
        $redis->getMode() === \Redis::ATOMIC || $redis->discard();
        $redis->unwatch();
        if ($redis->getDbNum() !== $database && $redis->select($database) !== true) {
            throw new \RedisException("the server did not go back to database $database");
        }
    }

    private function alone(string $name, array $arguments): mixed
    {
        return $this->on(static fn (\Redis $redis) => RedisMethods::call($redis, $name, $arguments), true);
    }

    private function onPinned(Lease $lease, string $command, string $name, array $arguments): mixed
    {
        $redis = $lease->get();
        $before = $redis->getMode();
        if ($command === 'watch') {
            $this->watching[Coroutine::current()] = true;
        }
        try {
            $result = RedisMethods::call($redis, $name, $arguments);
        } catch (\Throwable $thrown) {
            unset($this->pinned[Coroutine::current()]);
            self::ended($lease, $thrown);
            throw $thrown;
        }
        // In a pipeline MULTI and EXEC are commands as others are, and in MULTI so is UNWATCH.
        if (isset(self::UNPINS[$command]) && $redis->getMode() === \Redis::ATOMIC) {
            unset($this->pinned[Coroutine::current()]);
            // EXEC and DISCARD end WATCH too, so there is nothing to reset; a pipeline's do not.
            $lease->release($before !== \Redis::PIPELINE || !isset($this->watching[Coroutine::current()]));
            unset($this->watching[Coroutine::current()]);
        }
        return $result;
    }

    /** A failure that the server answered leaves the connection as it is; any other breaks it. */
    private static function ended(Lease $lease, \Throwable $thrown): void
    {
        $answered = $thrown instanceof \RedisException && preg_match('/^[A-Z]{3,}\b/', $thrown->getMessage()) === 1;
        $answered || !($thrown instanceof \RedisException || $thrown instanceof CancelledException)
            ? $lease->release()
            : $lease->discard();
    }

    private function together(RedisCommand $command): mixed
    {
        $batch = $this->open ??= $this->batch();
        $batch->commands[] = $command;
        $number = array_key_last($batch->commands);
        if ($number === self::BATCH - 1) {
            $this->open = null;
        }
        try {
            do {
                $batch->sender->run('', $batch->send);
            } while (!$command->isAnswered());
        } finally {
            unset($batch->commands[$number]);
        }
        return $command->result();
    }

    private function batch(): RedisBatch
    {
        $batch = new RedisBatch();
        $batch->send = fn () => $this->send($batch);
        return $batch;
    }

    /** Takes a connection, and then what has come until then. */
    private function send(RedisBatch $batch): void
    {
        // It works for others too, so what was set by who came first is not its own.
        Context::replace([]);
        $last = array_key_last($batch->commands);
        try {
            $lease = $this->acquire();
        } catch (CancelledException $cancelled) {
            // Nobody waits. The next one who comes makes another sender.
            throw $cancelled;
        } catch (\Throwable $thrown) {
            // Those that came later have a deadline of their own, and make another sender.
            foreach ($batch->commands as $number => $command) {
                if ($number <= $last) {
                    $command->fail($thrown);
                    unset($batch->commands[$number]);
                }
            }
            return;
        }
        if (Coroutine::current()->isCancelled()) {
            // Who has come since then has another sender.
            $lease->release(true);
            return;
        }
        if ($this->open === $batch) {
            $this->open = null;
        }
        $commands = array_values($batch->commands);
        $batch->commands = [];
        // It holds the batch, which holds it.
        $batch->send = null;
        if ($commands === []) {
            $lease->release(true);
            return;
        }
        $redis = $lease->get();
        try {
            if (count($commands) === 1) {
                $commands[0]->answer(RedisMethods::call($redis, $commands[0]->name, $commands[0]->arguments));
                $lease->release(true);
                return;
            }
            $redis->pipeline();
            $sent = [];
            foreach ($commands as $command) {
                try {
                    RedisMethods::call($redis, $command->name, $command->arguments);
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
            // The sender's own cancel is nobody's who waits.
            $failure = $thrown instanceof CancelledException ? new \RedisException('the pipeline was given up', 0, $thrown) : $thrown;
            foreach ($commands as $command) {
                $command->fail($failure);
            }
            count($commands) === 1 ? self::ended($lease, $thrown) : $lease->discard();
        }
    }
}
