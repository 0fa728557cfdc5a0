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
 * more) and this adds half a microsecond, while every fetch mode and every driver is PDO's own. For that
 * a statement of known SQL on a clean connection takes the short way: `ready()`, `done()` and
 * PdoStatement's methods make no closure, no array and no object but the lease.
 */

declare(strict_types=1);

namespace Tusk\Pool;

use Tusk\Coroutine;

class Pdo extends \PDO
{
    use PdoLeases;

    /** Of Tusk\Pool\Pool; the others are this class's own. */
    private const SETTINGS = ['max', 'min', 'waitTimeout', 'idleTimeout', 'maxLifetime', 'checkAfter', 'leakAfter', 'name', 'maxWaiters', 'budget'];

    private readonly Pool $pool;
    /** Runs queries whose rows are in memory when they have run: MySQL's, unless told otherwise. */
    private readonly Reads $reads;
    private readonly string $driver;
    /** @internal rowCount() of its SELECTs is how many rows there are; SQLite says there what was changed last. */
    public readonly bool $countsRows;
    /** What is remembered of so much SQL, and of texts up to this long. */
    private const TEXTS = 512;
    private const LENGTH = 4096;
    private const PLAIN = 0;
    private const INSERTS = 1;
    private const READS = 2;
    /** One result, and nothing that would have to be noted. */
    private const ONE_RESULT = '/^\s*+(?:SELECT|SHOW|VALUES|TABLE|EXPLAIN|DESC|DESCRIBE)\b(?!.*(?:;|\bCALL\b))/is';
    /** @var array<string, int> SQL that is known to leave nothing behind in a session, and what kind it is */
    private array $harmless = [];
    /** @var array<int, mixed> attributes set on this object, for every connection */
    private array $attributes = [];
    /** Attributes that connections made before do not have yet. */
    private int $version = 0;
    private readonly PdoNotes $notes;

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
        $this->countsRows = $this->driver === 'mysql' || $this->driver === 'pgsql';
        $this->notes = new PdoNotes();
        $settings += ['name' => 'PDO ' . $this->driver];
        $driver = $this->driver;
        $this->pool = new Pool(
            static fn () => new PdoConnection($connect(), $driver, $configured),
            ...$settings,
            reset: static fn (PdoConnection $connection) => $connection->reset(),
            isAlive: static fn (PdoConnection $connection) => $connection->isAlive(),
        );
        $me = \WeakReference::create($this);
        $this->reads = new Reads($this->pool, PdoRows::class, static function (PdoConnection $connection) use ($me): void {
            // Before a statement of query() is executed again on it.
            $pdo = $me->get();
            $pdo === null || $connection->bringUp($pdo->attributes, $pdo->version);
        });
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
        return $this->guarded($this->ready($statement), static fn (PdoConnection $c) => $c->pdo->exec($statement));
    }

    /** Suspends. */
    public function query(string $query, ?int $fetchMode = null, mixed ...$fetchModeArgs): \PDOStatement|false
    {
        try {
            if (($this->harmless[$query] ?? 0) === self::READS && $fetchMode === null) {
                if ($this->notes->any) {
                    $this->notes->forget(Coroutine::current());
                }
                $rows = $this->reads->query($query, $this->version);
                if ($rows !== null) {
                    return $rows;
                }
            }
            $statement = new PdoStatement($this, $query, []);
            if ($fetchMode !== null) {
                $statement->setFetchMode($fetchMode, ...$fetchModeArgs);
            }
            if ($statement->execute()) {
                return $statement;
            }
            $this->notes->failed($statement->errorInfo());
        } catch (\PDOException $failure) {
            $this->notes->failed($failure->errorInfo);
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
        $this->taken();
        $lease = $this->lease();
        if ($lease->get()->pdo->inTransaction()) {
            return $lease->get()->pdo->beginTransaction(); // PDO's own complaint
        }
        // A connection that broke while it was idle has begun nothing: another may.
        return $this->guarded($lease, static fn (PdoConnection $c) => $c->pdo->beginTransaction(), true);
    }

    /** Suspends. */
    public function commit(): bool
    {
        return $this->guarded($this->lease(), static fn (PdoConnection $c) => $c->pdo->commit());
    }

    /** Suspends. */
    public function rollBack(): bool
    {
        return $this->guarded($this->lease(), static fn (PdoConnection $c) => $c->pdo->rollBack());
    }

    public function inTransaction(): bool
    {
        return (bool) $this->known()?->get()->pdo->inTransaction();
    }

    /**
     * Of MySQL it is kept from the statement; PostgreSQL is asked on the connection that the
     * coroutine used last, which it keeps for this until its next statement or its end.
     * Suspends on PostgreSQL.
     */
    public function lastInsertId(?string $name = null): string|false
    {
        $lease = $this->known();
        if ($lease !== null) {
            return $lease->get()->pdo->lastInsertId($name);
        }
        return $this->notes->lastId() ?? ($this->driver === 'pgsql'
            ? $this->guarded($this->lease(), static fn (PdoConnection $c) => $c->pdo->lastInsertId($name))
            : '0');
    }

    /** Suspends where there is no connection yet. */
    public function quote(string $string, int $type = \PDO::PARAM_STR): string|false
    {
        return $this->guarded($this->lease(), static fn (PdoConnection $c) => $c->pdo->quote($string, $type));
    }

    public function errorCode(): ?string
    {
        return $this->errorInfo()[0];
    }

    public function errorInfo(): array
    {
        return $this->notes->error() ?? ['00000', null, null];
    }

    /** Holds for every connection, from its next statement on. */
    public function setAttribute(int $attribute, mixed $value): bool
    {
        $this->attributes[$attribute] = $value;
        $this->version++;
        $lease = $this->known();
        return $lease === null || $lease->get()->pdo->setAttribute($attribute, $value);
    }

    /** Suspends where there is no connection yet. */
    public function getAttribute(int $attribute): mixed
    {
        return match (true) {
            $attribute === \PDO::ATTR_DRIVER_NAME => $this->driver,
            array_key_exists($attribute, $this->attributes) => $this->attributes[$attribute],
            default => $this->guarded($this->lease(), static fn (PdoConnection $c) => $c->pdo->getAttribute($attribute)),
        };
    }

    /** Functions of the driver: pgsqlCopyFromArray() and the like. Suspends. */
    public function __call(string $name, array $arguments): mixed
    {
        $this->taken();
        return $this->guarded($this->lease(), static fn (PdoConnection $c) => $c->pdo->$name(...$arguments));
    }

    // ---- what PdoStatement uses ------------------------------------------------------------

    /**
     * @internal The connection on which this SQL is about to run, with what it will change in the
     * session noted. Of the SQL itself nothing was sent then: where the connection turns out to be
     * lost, another one is taken, once.
     */
    public function ready(string $sql): Lease
    {
        $me = Coroutine::current();
        if ($this->notes->any) {
            $this->notes->forget($me);
        }
        $number = \spl_object_id($me);
        $kind = $this->harmless[$sql] ?? null;
        if ($kind === null || isset($this->leases[$number])) {
            return $this->readyToChange($sql, $me);
        }
        $lease = $this->leases[$number] = $this->pool->acquire(null, true);
        $connection = $lease->get();
        $connection->owner = $number;
        if ($kind === self::INSERTS) {
            $connection->inserter = \WeakReference::create($me);
        }
        if ($connection->version !== $this->version) {
            $this->bringUp($lease, $connection);
        }
        return $lease;
    }

    /** The same where the coroutine has a connection, or the SQL is not known. */
    private function readyToChange(string $sql, Coroutine $me): Lease
    {
        $this->taken();
        for ($first = true;; $first = false) {
            $lease = $this->lease();
            $connection = $lease->get();
            $fresh = $connection->unused();
            try {
                $kind = $connection->traces->left ? null : $this->harmless[$sql] ?? null;
                $inserts = $kind === null ? $connection->before($sql) : $kind === self::INSERTS;
                $connection->inserter = $inserts ? \WeakReference::create($me) : null;
                if ($kind === null && !$connection->traces->left && strlen($sql) <= self::LENGTH) {
                    if (count($this->harmless) >= self::TEXTS) {
                        $this->harmless = [];
                    }
                    $this->harmless[$sql] = match (true) {
                        $inserts => self::INSERTS,
                        $this->driver === 'mysql' && preg_match(self::ONE_RESULT, $sql) === 1 => self::READS,
                        default => self::PLAIN,
                    };
                }
                return $lease;
            } catch (\Throwable $thrown) {
                $this->discard($lease, $connection);
                if (!$thrown instanceof \PDOException || !$first || !$fresh) {
                    $thrown instanceof \PDOException && $this->notes->failed($thrown->errorInfo);
                    throw $thrown;
                }
            }
        }
    }

    /**
     * Calls with the lease's connection, and gives it back if nothing pins it.
     * `$harmless`: what is called has no effect if it fails, so it is tried once on another
     * connection when this one turns out to be broken.
     */
    private function guarded(Lease $lease, callable $call, bool $harmless = false): mixed
    {
        $connection = $lease->get();
        $fresh = $connection->unused();
        try {
            $result = $call($connection);
        } catch (\Throwable $thrown) {
            if ($thrown instanceof \PDOException) {
                $this->notes->failed($thrown->errorInfo);
            }
            if (!PdoConnection::isLost($thrown)) {
                $this->done($lease, $connection);
                throw $thrown;
            }
            // It may have run: only what is harmless is done again, and only outside of a
            // transaction, which went with the connection.
            $this->discard($lease, $connection);
            if (!$harmless || !$fresh) {
                throw $thrown;
            }
            return $this->guarded($this->lease(), $call);
        }
        $lease->answered();
        $connection->used = true;
        if ($result === false && $connection->pdo->errorCode() !== '00000') {
            $this->notes->failed($connection->pdo->errorInfo());
        } elseif ($this->notes->any) {
            $this->notes->succeeded();
        }
        $this->done($lease, $connection);
        return $result;
    }
}
