<?php
declare(strict_types=1);

namespace Tusk\Pool;

/**
 * @internal A statement of Tusk\Pool\Pdo. It has SQL and what was bound; a connection it has from
 * execute() until its rows were fetched or given up. What is bound by reference is read at
 * execute(), as PDO does.
 */
class PdoStatement extends \PDOStatement implements \IteratorAggregate
{
    /** PDO's own, which only drivers write. */
    public string $queryString = '';

    private ?PdoSession $session = null;
    private ?\PDOStatement $inner = null;
    /** @var array<int|string, array{0: string, 1: list<mixed>}> calls of bindValue() and bindParam() */
    private array $bound = [];
    /** @var array<int|string, list<mixed>> */
    private array $columns = [];
    private array $fetchMode = [];
    private array $attributes = [];
    private int $rowCount = 0;
    private int $columnCount = 0;
    private int $fetched = 0;
    private array $lastError = ['', null, null];

    public function __construct(private readonly Pdo $pool, private readonly string $sql, private readonly array $options)
    {
        try {
            // PDO forbids to assign it, and not to refer to it.
            $text = &$this->queryString;
            $text = $sql;
        } catch (\Error) {
            // A PHP that forbids that too: it stays empty there, and sql() has the text.
        }
    }

    public function __destruct()
    {
        $this->finish();
    }

    /** Its SQL. */
    public function sql(): string
    {
        return $this->sql;
    }

    public function bindValue(string|int $param, mixed $value, int $type = \PDO::PARAM_STR): bool
    {
        $this->bound[$param] = ['bindValue', [$value, $type]];
        return true;
    }

    public function bindParam(string|int $param, mixed &$var, int $type = \PDO::PARAM_STR, int $maxLength = 0, mixed $driverOptions = null): bool
    {
        $this->bound[$param] = ['bindParam', [&$var, $type, $maxLength, $driverOptions]];
        return true;
    }

    public function bindColumn(string|int $column, mixed &$var, int $type = \PDO::PARAM_STR, int $maxLength = 0, mixed $driverOptions = null): bool
    {
        $this->columns[$column] = [&$var, $type, $maxLength, $driverOptions];
        return $this->inner === null || $this->inner->bindColumn($column, $var, $type, $maxLength, $driverOptions);
    }

    /** Suspends. */
    public function execute(?array $params = null): bool
    {
        $this->finish();
        [$session, $inner] = $this->prepared();
        $connection = $session->connection;
        if ($inner === false) {
            $session->cursors--;
            $this->lastError = $connection->pdo->errorInfo();
            $this->pool->done($session);
            return false;
        }
        try {
            foreach ($this->bound as $param => [$how, $arguments]) {
                if ($how === 'bindValue') {
                    $inner->bindValue($param, ...$arguments);
                } else {
                    $inner->bindParam($param, $arguments[0], $arguments[1], $arguments[2], $arguments[3]);
                }
            }
            foreach ($this->attributes as $attribute => $value) {
                $inner->setAttribute($attribute, $value);
            }
            $executed = $inner->execute($params);
        } catch (\Throwable $thrown) {
            $session->cursors--;
            $this->lastError = $inner->errorInfo();
            unset($inner);
            // It may have run: never again by itself.
            PdoConnection::isLost($thrown) ? $this->pool->discard($session) : $this->pool->done($session);
            throw $thrown;
        }
        $session->used = true;
        $this->session = $session;
        $this->inner = $inner;
        $this->rowCount = $inner->rowCount();
        $this->columnCount = $inner->columnCount();
        $this->fetched = 0;
        if (!$executed || $this->columnCount === 0) {
            $this->finish();
            return $executed;
        }
        if ($this->fetchMode !== []) {
            $inner->setFetchMode(...$this->fetchMode);
        }
        foreach ($this->columns as $column => $arguments) {
            $inner->bindColumn($column, $arguments[0], $arguments[1], $arguments[2], $arguments[3]);
        }
        return true;
    }

    /**
     * A session, with one cursor more, and this statement on it. Preparing has no effect, so a
     * connection that broke while it was idle is replaced, once.
     * @return array{PdoSession, \PDOStatement|false}
     */
    private function prepared(): array
    {
        for ($first = true;; $first = false) {
            $session = $this->pool->ready($this->sql);
            $session->cursors++;
            try {
                return [$session, $session->connection->statement($this->sql, $this->options)];
            } catch (\Throwable $thrown) {
                $session->cursors--;
                $lost = PdoConnection::isLost($thrown);
                $again = $first && $lost && $session->unused() && $thrown instanceof \PDOException;
                $lost ? $this->pool->discard($session) : $this->pool->done($session);
                if (!$again) {
                    throw $thrown;
                }
            }
        }
    }

    /** Its rows were fetched, or are not wanted: the connection goes back. */
    private function finish(): void
    {
        $session = $this->session;
        if ($session === null) {
            return;
        }
        [$inner, $this->inner, $this->session] = [$this->inner, null, null];
        $session->cursors--;
        if ($session->lease->isReleased()) {
            return;
        }
        $this->lastError = $inner->errorInfo();
        try {
            $inner->closeCursor();
            // A statement with references bound to it is not for the next.
            if ($this->options === [] && $this->columns === [] && !in_array('bindParam', array_column($this->bound, 0), true)) {
                $session->connection->keep($this->sql, $inner);
            }
            // PDO tells the server of a statement that is dropped: while the connection is ours.
            unset($inner);
        } catch (\PDOException) {
            $this->pool->discard($session);
            return;
        }
        $this->pool->done($session);
    }

    private function read(callable $read, mixed $otherwise = false): mixed
    {
        if ($this->inner === null) {
            return $otherwise;
        }
        try {
            return $read($this->inner);
        } catch (\Throwable $thrown) {
            if (PdoConnection::isLost($thrown)) {
                $session = $this->session;
                $this->session = $this->inner = null;
                $session->cursors--;
                $this->pool->discard($session);
            }
            throw $thrown;
        }
    }

    /** Suspends where the driver does not buffer. */
    public function fetch(int $mode = \PDO::FETCH_DEFAULT, int $cursorOrientation = \PDO::FETCH_ORI_NEXT, int $cursorOffset = 0): mixed
    {
        $row = $this->read(static fn (\PDOStatement $inner) => $inner->fetch($mode, $cursorOrientation, $cursorOffset));
        $this->fetched($row === false);
        return $row;
    }

    public function fetchColumn(int $column = 0): mixed
    {
        $value = $this->read(static fn (\PDOStatement $inner) => $inner->fetchColumn($column));
        // A column may be false itself; the count tells when it was the last.
        $this->fetched(false);
        return $value;
    }

    public function fetchObject(?string $class = 'stdClass', array $constructorArgs = []): object|false
    {
        $row = $this->read(static fn (\PDOStatement $inner) => $inner->fetchObject($class, $constructorArgs));
        $this->fetched($row === false);
        return $row;
    }

    public function fetchAll(int $mode = \PDO::FETCH_DEFAULT, mixed ...$args): array
    {
        $rows = $this->read(static fn (\PDOStatement $inner) => $inner->fetchAll($mode, ...$args), []);
        $this->fetched(true);
        return $rows;
    }

    /** Drivers that buffer know how many rows there are: after the last, nothing is left to fetch. */
    private function fetched(bool $all): void
    {
        if ($this->inner === null || (!$all && ++$this->fetched !== $this->rowCount)) {
            return;
        }
        // Procedures of MySQL return further results.
        $this->hasMore() || $this->finish();
    }

    private function hasMore(): bool
    {
        return stripos($this->sql, 'CALL') !== false || str_contains($this->sql, ';');
    }

    public function nextRowset(): bool
    {
        $next = $this->read(static fn (\PDOStatement $inner) => $inner->nextRowset());
        if (!$next) {
            $this->finish();
            return false;
        }
        $this->fetched = 0;
        $this->rowCount = $this->inner->rowCount();
        $this->columnCount = $this->inner->columnCount();
        return true;
    }

    public function closeCursor(): bool
    {
        $this->finish();
        return true;
    }

    public function getIterator(): \Iterator
    {
        while (($row = $this->fetch()) !== false) {
            yield $row;
        }
    }

    public function rowCount(): int
    {
        return $this->rowCount;
    }

    public function columnCount(): int
    {
        return $this->columnCount;
    }

    public function getColumnMeta(int $column): array|false
    {
        return $this->read(static fn (\PDOStatement $inner) => $inner->getColumnMeta($column));
    }

    public function setFetchMode(int $mode, mixed ...$args): true
    {
        $this->fetchMode = [$mode, ...$args];
        $this->inner?->setFetchMode($mode, ...$args);
        return true;
    }

    public function setAttribute(int $attribute, mixed $value): bool
    {
        $this->attributes[$attribute] = $value;
        return $this->inner === null || $this->inner->setAttribute($attribute, $value);
    }

    public function getAttribute(int $name): mixed
    {
        return $this->attributes[$name] ?? $this->read(static fn (\PDOStatement $inner) => $inner->getAttribute($name));
    }

    public function errorCode(): ?string
    {
        return $this->inner?->errorCode() ?? ($this->lastError[0] === '' ? null : $this->lastError[0]);
    }

    public function errorInfo(): array
    {
        return $this->inner?->errorInfo() ?? $this->lastError;
    }

    public function debugDumpParams(): ?bool
    {
        if ($this->inner !== null) {
            return $this->inner->debugDumpParams();
        }
        echo 'SQL: [', strlen($this->sql), '] ', $this->sql, "\n";
        return null;
    }
}
