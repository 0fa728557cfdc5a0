<?php
/**
 * A PDO that lends each coroutine a connection of its own, for as long as it needs one.
 *
 * A statement takes a connection from a Tusk\Pool\Pool and gives it back when its rows were
 * fetched. The coroutine keeps it (it is pinned) while the connection has something that belongs
 * to the coroutine: an open transaction, also one begun by SQL, rows that were not fetched, a
 * temporary table, a lock, a session setting. What must be reset when the coroutine ends is
 * known, so a connection that is clean goes back without a round trip.
 *
 * Written in PHP and not in C, because the cost of a statement is the round trip (10 µs and
 * more) and this adds 1 to 2 µs, while every fetch mode and every driver is PDO's own.
 */

declare(strict_types=1);

namespace Tusk\Pool;

use Tusk\Coroutine;

class Pdo extends \PDO
{
    /** Of Tusk\Pool\Pool; the others are this class's own. */
    private const SETTINGS = ['max', 'min', 'waitTimeout', 'idleTimeout', 'maxLifetime', 'checkAfter', 'leakAfter', 'name', 'maxWaiters', 'budget'];

    private readonly Pool $pool;
    private readonly string $driver;
    private readonly float $waitTimeout;
    /** @var \WeakMap<Coroutine, PdoSession> what each coroutine has now */
    private \WeakMap $sessions;
    /** @var array<int, mixed> attributes set on this object, for every connection */
    private array $attributes = [];
    /** Attributes that connections made before do not have yet. */
    private int $version = 0;
    /** @var \WeakMap<Coroutine, array> of each coroutine's last call, where it failed */
    private \WeakMap $errors;
    /** @var \WeakMap<Coroutine, string> what each coroutine inserted last (MySQL, SQLite) */
    private \WeakMap $lastIds;

    /**
     * As PDO's own, and in `$options` under the key `pool` an array with settings of
     * Tusk\Pool\Pool: `max`, `min`, `waitTimeout`, `idleTimeout`, `maxLifetime`, `checkAfter`,
     * `leakAfter`, `name`, `maxWaiters`, `budget`. Connections are made when they are needed.
     * A callable there under `connect` makes them instead, `\PDO`s of the driver that `$dsn` names:
     * for who has more to do with each than to connect (a time zone, a search path).
     */
    public function __construct(string $dsn, ?string $username = null, #[\SensitiveParameter] ?string $password = null, ?array $options = null)
    {
        $settings = $options['pool'] ?? [];
        $unknown = array_key_first(array_diff_key($settings, array_flip(self::SETTINGS), ['connect' => true]));
        if ($unknown !== null) {
            throw new \ValueError("the option \"pool\" of Tusk\\Pool\\Pdo has the setting \"$unknown\", which is unknown; known are "
                . implode(', ', self::SETTINGS) . ', connect');
        }
        unset($options['pool'], $options[\PDO::ATTR_PERSISTENT]);
        $configured = isset($settings['connect']);
        $connect = $settings['connect'] ?? static fn () => new \PDO($dsn, $username, $password, $options);
        unset($settings['connect']);
        $this->driver = strtolower(strstr($dsn, ':', true) ?: $dsn);
        $this->sessions = new \WeakMap();
        $this->lastIds = new \WeakMap();
        $this->errors = new \WeakMap();
        $settings += ['name' => 'PDO ' . $this->driver];
        $this->waitTimeout = (float) ($settings['waitTimeout'] ?? 10.0);
        $driver = $this->driver;
        $this->pool = new Pool(
            static fn () => new PdoConnection($connect(), $driver, $configured),
            ...$settings,
            reset: static fn (PdoConnection $connection) => $connection->reset(),
            isAlive: static fn (PdoConnection $connection) => $connection->isAlive(),
        );
    }

    /** What the pool has done: see Tusk\Pool\Pool::stats(). */
    public function stats(): array
    {
        return $this->pool->stats();
    }

    /** The pool behind it. */
    public function pool(): Pool
    {
        return $this->pool;
    }

    /** Suspends. */
    public function exec(string $statement): int|false
    {
        return $this->run($statement, static fn (PdoConnection $connection) => $connection->pdo->exec($statement));
    }

    /** Suspends. */
    public function query(string $query, ?int $fetchMode = null, mixed ...$fetchModeArgs): \PDOStatement|false
    {
        $statement = new PdoStatement($this, $query, []);
        if ($fetchMode !== null) {
            $statement->setFetchMode($fetchMode, ...$fetchModeArgs);
        }
        try {
            if ($statement->execute()) {
                return $statement;
            }
            $this->failed($statement->errorInfo());
        } catch (\PDOException $failure) {
            $this->failed($failure->errorInfo);
            throw $failure;
        }
        return false;
    }

    /** Nothing is sent before the statement is executed; it holds no connection until then. */
    public function prepare(string $query, array $options = []): \PDOStatement|false
    {
        return new PdoStatement($this, $query, $options);
    }

    /** Suspends. */
    public function beginTransaction(): bool
    {
        $session = $this->session();
        if ($session->connection->pdo->inTransaction()) {
            return $session->connection->pdo->beginTransaction(); // PDO's own complaint
        }
        // A connection that broke while it was idle has begun nothing: another may.
        return $this->guarded($session, static fn (PdoConnection $c) => $c->pdo->beginTransaction(), true);
    }

    /** Suspends. */
    public function commit(): bool
    {
        return $this->guarded($this->session(), static fn (PdoConnection $c) => $c->pdo->commit());
    }

    /** Suspends. */
    public function rollBack(): bool
    {
        return $this->guarded($this->session(), static fn (PdoConnection $c) => $c->pdo->rollBack());
    }

    public function inTransaction(): bool
    {
        return (bool) $this->known()?->connection->pdo->inTransaction();
    }

    /**
     * Of MySQL it is kept from the statement; PostgreSQL is asked on the connection that the
     * coroutine used last, which it keeps for this until its next statement or its end.
     * Suspends on PostgreSQL.
     */
    public function lastInsertId(?string $name = null): string|false
    {
        $session = $this->known();
        if ($session !== null) {
            return $session->connection->pdo->lastInsertId($name);
        }
        return $this->lastIds[Coroutine::current()] ?? ($this->driver === 'pgsql'
            ? $this->guarded($this->session(), static fn (PdoConnection $c) => $c->pdo->lastInsertId($name))
            : '0');
    }

    /** Suspends where there is no connection yet. */
    public function quote(string $string, int $type = \PDO::PARAM_STR): string|false
    {
        return $this->guarded($this->session(), static fn (PdoConnection $c) => $c->pdo->quote($string, $type));
    }

    public function errorCode(): ?string
    {
        return $this->errorInfo()[0];
    }

    public function errorInfo(): array
    {
        return $this->errors[Coroutine::current()] ?? ['00000', null, null];
    }

    private function failed(?array $errorInfo): void
    {
        $this->errors[Coroutine::current()] = $errorInfo ?? ['HY000', null, null];
    }

    /** Holds for every connection, from its next statement on. */
    public function setAttribute(int $attribute, mixed $value): bool
    {
        $this->attributes[$attribute] = $value;
        $this->version++;
        $session = $this->known();
        return $session === null || $session->connection->pdo->setAttribute($attribute, $value);
    }

    /** Suspends where there is no connection yet. */
    public function getAttribute(int $attribute): mixed
    {
        return match (true) {
            $attribute === \PDO::ATTR_DRIVER_NAME => $this->driver,
            array_key_exists($attribute, $this->attributes) => $this->attributes[$attribute],
            default => $this->guarded($this->session(), static fn (PdoConnection $c) => $c->pdo->getAttribute($attribute)),
        };
    }

    /** Functions of the driver: pgsqlCopyFromArray() and the like. Suspends. */
    public function __call(string $name, array $arguments): mixed
    {
        return $this->guarded($this->session(), static fn (PdoConnection $c) => $c->pdo->$name(...$arguments));
    }

    // ---- what PdoStatement uses ------------------------------------------------------------

    /** @internal The connection that the running coroutine has, or gets now. */
    public function session(): PdoSession
    {
        $session = $this->known();
        if ($session === null) {
            $me = Coroutine::current();
            $session = new PdoSession($this->acquire(), $me);
            $this->sessions[$me] = $session;
            unset($this->lastIds[$me]);
        }
        if ($session->connection->version !== $this->version) {
            // What was prepared before has the attributes of then.
            $session->connection->forget();
            foreach ($this->attributes as $attribute => $value) {
                $session->connection->pdo->setAttribute($attribute, $value);
            }
            $session->connection->version = $this->version;
        }
        return $session;
    }

    /**
     * One that the server has closed while nobody used it is replaced: on it nothing was sent, so what
     * follows is not done twice.
     */
    private function acquire(): Lease
    {
        $began = hrtime(true);
        $lease = $this->pool->acquire();
        if (!$lease->hasHungUp()) {
            return $lease;
        }
        $lease->get()->forget();
        $lease->discard();
        return $this->pool->acquire(max(0.0, $this->waitTimeout - (hrtime(true) - $began) / 1e9));
    }

    private function known(): ?PdoSession
    {
        $session = $this->sessions[Coroutine::current()] ?? null;
        return $session === null || $session->lease->isReleased() ? null : $session;
    }

    /** @internal Runs SQL, and notes what it leaves behind on the connection. */
    public function run(string $sql, callable $call): mixed
    {
        return $this->guarded($this->ready($sql), $call);
    }

    /**
     * @internal The connection on which this SQL is about to run, with what it will change in the
     * session noted. Of the SQL itself nothing was sent then: where the connection turns out to be
     * lost, another one is taken, once.
     */
    public function ready(string $sql): PdoSession
    {
        $kept = $this->known();
        if ($kept?->idle) {
            $kept->lease->hasHungUp() && $this->discard($kept);
            $kept->idle = $kept->used = false;
        }
        for ($first = true;; $first = false) {
            $session = $this->session();
            $fresh = $session->unused();
            try {
                $session->connection->before($sql);
                return $session;
            } catch (\Throwable $thrown) {
                $this->discard($session);
                if (!$thrown instanceof \PDOException || !$first || !$fresh) {
                    $thrown instanceof \PDOException && $this->failed($thrown->errorInfo);
                    throw $thrown;
                }
            }
        }
    }

    /**
     * @internal Calls with the session's connection, and gives it back if nothing pins it.
     * `$harmless`: what is called has no effect if it fails, so it is tried once on another
     * connection when this one turns out to be broken.
     */
    public function guarded(PdoSession $session, callable $call, bool $harmless = false): mixed
    {
        $connection = $session->connection;
        $fresh = $session->unused();
        try {
            $result = $call($connection);
        } catch (\Throwable $thrown) {
            if ($thrown instanceof \PDOException) {
                $this->failed($thrown->errorInfo);
            }
            if (!PdoConnection::isLost($thrown)) {
                $this->done($session);
                throw $thrown;
            }
            // It may have run: only what is harmless is done again, and only outside of a
            // transaction, which went with the connection.
            $this->discard($session);
            if (!$harmless || !$fresh) {
                throw $thrown;
            }
            return $this->guarded($this->session(), $call);
        }
        $session->used = true;
        if ($result === false && $connection->pdo->errorCode() !== '00000') {
            $this->failed($connection->pdo->errorInfo());
        } else {
            unset($this->errors[Coroutine::current()]);
        }
        $this->done($session);
        return $result;
    }

    /** @internal */
    public function discard(PdoSession $session): void
    {
        $session->connection->forget();
        $session->lease->discard();
        $this->forget($session);
    }

    private function forget(PdoSession $session): void
    {
        $owner = $session->owner();
        if ($owner !== null && ($this->sessions[$owner] ?? null) === $session) {
            unset($this->sessions[$owner]);
        }
    }

    /** @internal The connection goes back unless something of the coroutine's is on it. */
    public function done(PdoSession $session): void
    {
        if ($session->cursors > 0 || $session->lease->isReleased()) {
            return;
        }
        $pdo = $session->connection->pdo;
        if ($session->connection->traces->left || $pdo->inTransaction()) {
            return;
        }
        if ($session->connection->inserted) {
            $session->connection->inserted = false;
            if ($this->driver === 'pgsql') {
                // currval() lives in the session: kept until the next statement or the end.
                $session->idle = true;
                return;
            }
            $owner = $session->owner();
            $owner === null || $this->lastIds[$owner] = $pdo->lastInsertId();
        }
        $this->forget($session);
        $session->lease->release(true);
    }
}
