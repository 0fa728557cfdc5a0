<?php
declare(strict_types=1);

namespace Tusk\Pool;

/**
 * @internal What SQL leaves behind in a session, and what undoes it. There is one for each connection.
 *
 * Before a statement runs that changes the session, what it is about to change is remembered (on the
 * server, where that is possible); when its user has ended, it is put back. What cannot be put back
 * costs the connection.
 *
 * SQL is known by its words: what a procedure or a function changes is not noticed.
 */
abstract class PdoTraces
{
    /** Blanks and comments in front of a statement; not those that MySQL executes. */
    protected const START = '(?:^|;)(?:\s|\/\*(?![!M]).*?\*\/|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$))*';

    /** Something is left that must be undone. */
    public bool $left = false;
    /** It cannot be undone: why. */
    protected ?string $hopeless = null;

    /** `$configured`: whoever connected may have changed the session already, and that is to stay. */
    public static function of(string $driver, bool $configured): self
    {
        return match ($driver) {
            'mysql' => new MysqlTraces(),
            'pgsql' => new PostgresTraces($configured),
            default => new OtherTraces(),
        };
    }

    /** Before this SQL runs. May ask the server; throws only if the connection is lost. */
    abstract public function before(\PDO $pdo, string $sql): void;

    /** Undoes all, outside of a transaction; throws if that was not possible. */
    public function undo(\PDO $pdo): void
    {
        if ($this->hopeless !== null) {
            throw new \RuntimeException("the session was changed and cannot be reset: $this->hopeless; the connection is renewed");
        }
        $this->undoAll($pdo);
        $this->left = false;
    }

    abstract protected function undoAll(\PDO $pdo): void;

    protected function giveUp(string $why): void
    {
        $this->left = true;
        $this->hopeless ??= $why;
    }

    /** What no pattern can tell, a text too long or too deep, is taken for the worst. */
    protected function changes(string $pattern, string $sql): bool
    {
        $found = preg_match($pattern, $sql);
        $found === false && $this->giveUp('a statement that is too long to understand');
        return $found === 1;
    }

    /** More than one statement at once. A semicolon in a literal counts too: that costs a connection, not a result. */
    protected static function several(string $sql): bool
    {
        return str_contains(rtrim($sql, "; \t\r\n"), ';');
    }

    /** Runs SQL of our own; false: it failed, for a reason that is not the connection. */
    protected static function run(\PDO $pdo, string $sql): bool
    {
        try {
            return @$pdo->exec($sql) !== false;
        } catch (\PDOException $failure) {
            return PdoConnection::isLost($failure) ? throw $failure : false;
        }
    }

    /** The rows of a query of our own; null: it failed. */
    protected static function ask(\PDO $pdo, string $sql): ?array
    {
        try {
            $statement = @$pdo->query($sql, \PDO::FETCH_NUM);
            return $statement ? $statement->fetchAll() : null;
        } catch (\PDOException $failure) {
            return PdoConnection::isLost($failure) ? throw $failure : null;
        }
    }
}
