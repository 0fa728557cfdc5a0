<?php
declare(strict_types=1);

namespace Tusk\Pool;

/**
 * @internal A connection of Tusk\Pool\Pdo: the real PDO, what was prepared on it, and what its
 * user has left behind.
 */
final class PdoConnection
{
    /** Statements kept prepared: an application has a few hundred, a server allows 16,382. */
    private const STATEMENTS = 256;

    /** Driver's numbers of a connection that is gone (MySQL), SQLSTATEs (PostgreSQL), words of both. */
    private const LOST_CODES = [2002, 2003, 2006, 2013, 2055, 1053, 1927, 4031];
    private const LOST = '/gone away|Lost connection|server closed the connection|no connection to the server|terminating connection|Connection (?:refused|reset|timed out)|SSL connection has been closed|broken pipe|could not (?:receive|send) data|Packets out of order|Cannot send queries/i';

    /** Of SQL that neither changes a session nor inserts, so many texts are known again. */
    private const HARMLESS = 512;
    private const LENGTH = 4096;
    /** @var array<class-string, array<string, true>> by what looks at it */
    private static array $harmless = [];

    /** First, where Lease::hasHungUp() looks first. */
    public readonly \PDO $pdo;
    public readonly PdoTraces $traces;
    public bool $inserted = false;
    public int $version = 0;
    /** @var array<string, list<\PDOStatement>> prepared and not in use */
    private array $statements = [];
    private int $kept = 0;

    /** `$configured`: whoever made it has changed the session already. */
    public function __construct(\PDO $pdo, string $driver, bool $configured)
    {
        $this->pdo = $pdo;
        $this->traces = PdoTraces::of($driver, $configured);
    }

    /** Notes what this SQL will do to the session, and how it is now. Throws if the connection is lost. */
    public function before(string $sql): void
    {
        $traces = $this->traces;
        if (isset(self::$harmless[$traces::class][$sql]) && !$traces->left) {
            $this->inserted = false;
            return;
        }
        $start = ltrim($sql);
        $this->inserted = strncasecmp($start, 'INSERT', 6) === 0 || strncasecmp($start, 'REPLACE', 7) === 0;
        $traces->before($this->pdo, $sql);
        if (!$this->inserted && !$traces->left) {
            if (count(self::$harmless[$traces::class] ?? []) >= self::HARMLESS) {
                self::$harmless[$traces::class] = [];
            }
            strlen($sql) > self::LENGTH || self::$harmless[$traces::class][$sql] = true;
        }
    }

    /** A statement that is prepared on this connection. */
    public function statement(string $sql, array $options): \PDOStatement|false
    {
        if ($options === [] && isset($this->statements[$sql])) {
            $statement = array_pop($this->statements[$sql]);
            if ($this->statements[$sql] === []) {
                unset($this->statements[$sql]);
            }
            $this->kept--;
            return $statement;
        }
        return $this->pdo->prepare($sql, $options);
    }

    /** Keeps it for the next who executes the same. */
    public function keep(string $sql, \PDOStatement $statement): void
    {
        if ($this->kept >= self::STATEMENTS) {
            array_shift($this->statements);
            $this->kept = array_sum(array_map('count', $this->statements));
        }
        $this->statements[$sql][] = $statement;
        $this->kept++;
    }

    /** It is closed: statements would keep it open. */
    public function forget(): void
    {
        $this->statements = [];
        $this->kept = 0;
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
        $this->inserted = false;
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
