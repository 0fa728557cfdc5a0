<?php
declare(strict_types=1);

namespace Tusk\Pool;

/**
 * @internal A connection of Tusk\Pool\Pdo: the real PDO, what was prepared on it, and what its
 * user has left behind.
 */
final class PdoConnection
{
    /** Driver's numbers of a connection that is gone (MySQL), SQLSTATEs (PostgreSQL), words of both. */
    private const LOST_CODES = [2002, 2003, 2006, 2013, 2055, 1053, 1927, 4031];
    private const LOST = '/gone away|Lost connection|server closed the connection|no connection to the server|terminating connection|Connection (?:refused|reset|timed out)|SSL connection has been closed|broken pipe|could not (?:receive|send) data|Packets out of order|Cannot send queries/i';

    /** Statements kept prepared: an application has a few hundred, a server allows 16,382. */
    private const STATEMENTS = 256;

    /** First, where Lease::hasHungUp() looks first. */
    public readonly \PDO $pdo;
    public readonly PdoTraces $traces;
    /** The number of Pdo::$attributes that it has. */
    public int $version = 0;
    /** @var array<string, \PDOStatement> prepared and not in use; the one used last comes last */
    public array $statements = [];
    /** @var array<string, string> which parameters those were executed with; none: not here */
    public array $given = [];

    // ---- of the loan that is on; as here while there is none ----

    /** The coroutine's number in Pdo::$leases. */
    public int $owner = 0;
    /** Statements whose rows were not all fetched. */
    public int $cursors = 0;
    /** Something was done with it. */
    public bool $used = false;
    /** It is kept for a lastInsertId() alone, so the next statement may have any connection. */
    public bool $idle = false;
    /** @var ?\WeakReference<\Tusk\Coroutine> who inserted with the last statement */
    public ?\WeakReference $inserter = null;

    /** `$configured`: whoever made it has changed the session already. */
    public function __construct(\PDO $pdo, string $driver, bool $configured)
    {
        $this->pdo = $pdo;
        $this->traces = PdoTraces::of($driver, $configured);
    }

    /** Gives it the attributes that were set since it was used last. @param array<int, mixed> $attributes */
    public function bringUp(array $attributes, int $version): void
    {
        if ($this->version === $version) {
            return;
        }
        // What was prepared before has the attributes of then.
        $this->forget();
        foreach ($attributes as $attribute => $value) {
            $this->pdo->setAttribute($attribute, $value);
        }
        $this->version = $version;
    }

    /**
     * Notes what this SQL will do to the session, and how it is now. True: it inserts. Throws if the
     * connection is lost.
     */
    public function before(string $sql): bool
    {
        $this->traces->before($this->pdo, $sql);
        $start = ltrim($sql);
        return strncasecmp($start, 'INSERT', 6) === 0 || strncasecmp($start, 'REPLACE', 7) === 0;
    }

    public function unused(): bool
    {
        return !$this->used && $this->cursors === 0;
    }

    /** Keeps a statement for the next who executes the same with the same parameters. */
    public function keep(string $sql, \PDOStatement $statement, string $given): void
    {
        $this->statements[$sql] = $statement;
        if ($given !== '') {
            $this->given[$sql] = $given;
        } elseif ($this->given !== []) {
            unset($this->given[$sql]);
        }
        if (count($this->statements) > self::STATEMENTS) {
            $oldest = array_key_first($this->statements);
            unset($this->statements[$oldest], $this->given[$oldest]);
        }
    }

    /** Makes it as it was when it was prepared. False: that cannot be done. */
    public function restoreFetchMode(\PDOStatement $statement): bool
    {
        $mode = $this->pdo->getAttribute(\PDO::ATTR_DEFAULT_FETCH_MODE);
        return in_array($mode, [\PDO::FETCH_BOTH, \PDO::FETCH_ASSOC, \PDO::FETCH_NUM, \PDO::FETCH_OBJ, \PDO::FETCH_NAMED], true)
            && $statement->setFetchMode($mode);
    }

    /** It is closed, or changed: what was prepared would keep it open, or be as it was before. */
    public function forget(): void
    {
        $this->statements = $this->given = [];
    }

    public function isAlive(): bool
    {
        try {
            return $this->pdo->query('SELECT 1') !== false;
        } catch (\PDOException) {
            return false;
        }
    }

    /** As good as new, or an exception: then it is closed. */
    public function reset(): void
    {
        try {
            if ($this->pdo->inTransaction() && !$this->pdo->rollBack()) {
                throw new \RuntimeException('the transaction that was left open could not be rolled back; the connection is renewed');
            }
            !$this->traces->left || $this->traces->undo($this->pdo);
        } catch (\Throwable $thrown) {
            $this->forget();
            throw $thrown;
        }
        $this->cursors = 0;
        $this->used = $this->idle = false;
        $this->inserter = null;
    }

    /** Does this failure mean that the connection is gone? */
    public static function isLost(\Throwable $thrown): bool
    {
        if (!$thrown instanceof \PDOException) {
            // A cancel while the server was asked: what it answers must not be read by the next.
            return $thrown instanceof \Tusk\CancelledException;
        }
        [$state, $code] = ($thrown->errorInfo ?? []) + ['', 0];
        return in_array($code, self::LOST_CODES, true)
            || str_starts_with((string) $state, '08') || in_array($state, ['57P01', '57P02', '57P03'], true)
            || preg_match(self::LOST, $thrown->getMessage()) === 1;
    }
}
