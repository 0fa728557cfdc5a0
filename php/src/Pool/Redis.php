<?php
declare(strict_types=1);

namespace Tusk\Pool;

/**
 * A phpredis client for many coroutines on few connections: a \Redis, for whoever asks for one. What its
 * methods do is RedisPool's; that each of phpredis' methods is here is RedisMethods'.
 */
class Redis extends RedisMethods
{
    private readonly RedisPool $connections;

    /**
     * `$factory` returns a connected \Redis, with its database, password and options set;
     * the rest is as for Tusk\Pool\Pool.
     */
    public function __construct(callable $factory, mixed ...$settings)
    {
        $this->connections = new RedisPool($factory, $settings);
    }

    protected function forward(string $name, array $arguments): mixed
    {
        return $this->connections->command($this, $name, $arguments);
    }

    /** Calls with a connection that nobody else uses meanwhile. Suspends. */
    public function with(callable $callable): mixed
    {
        return $this->connections->with($callable);
    }

    /** See Tusk\Pool\Pool::stats(). */
    public function stats(): array
    {
        return $this->connections->pool()->stats();
    }

    /** The pool behind it. */
    public function pool(): Pool
    {
        return $this->connections->pool();
    }
}
