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
    use PdoBindings;

    private const NO_ERROR = ['00000', null, null];

    /** PDO's own, which only drivers write. */
    public string $queryString = '';

    /** These three are there from execute() to the last row, or there is none. */
    private ?\PDOStatement $inner = null;
    private ?Lease $lease = null;
    private ?PdoConnection $connection = null;
    /** Which parameters it was executed with. */
    private string $given = '';
    private array $fetchMode = [];
    private array $attributes = [];
    private int $rowCount = 0;
    private int $columnCount = 0;
    private int $fetched = 0;
    /** How many rows there are to fetch; 0: only a fetch tells. */
    private int $rows = 0;
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
        if ($this->inner !== null) {
            $this->finish();
        }
    }

    /** Its SQL. */
    public function sql(): string
    {
        return $this->sql;
    }

    /** Suspends. */
    public function execute(?array $params = null): bool
    {
        if ($this->inner !== null) {
            $this->finish();
        }
        $lease = $this->pool->ready($this->sql);
        $connection = $lease->get();
        $inner = $this->options === [] ? $connection->statements[$this->sql] ?? null : null;
        $given = ($params ?? $this->bound) === [] ? '' : self::names($params, $this->bound);
        if ($inner !== null && ($connection->given[$this->sql] ?? '') === $given) {
            unset($connection->statements[$this->sql]);
            $connection->cursors++;
        } else {
            [$lease, $connection, $inner] = $this->prepared($lease, $connection);
            if ($inner === false) {
                $connection->cursors--;
                $this->lastError = $connection->pdo->errorInfo();
                $this->pool->done($lease, $connection);
                return false;
            }
        }
        try {
            if ($this->bound !== [] || $this->attributes !== []) {
                $this->bindAll($inner);
                foreach ($this->attributes as $attribute => $value) {
                    $inner->setAttribute($attribute, $value);
                }
            } else {
                // Makes PDO forget what somebody else bound to it.
                $params ??= [];
            }
            $executed = $inner->execute($params);
        } catch (\Throwable $thrown) {
            $connection->cursors--;
            $this->lastError = $inner->errorInfo();
            unset($inner);
            // It may have run: never again by itself.
            PdoConnection::isLost($thrown) ? $this->pool->discard($lease, $connection) : $this->pool->done($lease, $connection);
            throw $thrown;
        }
        $lease->answered();
        $connection->used = true;
        $this->inner = $inner;
        $this->given = $given;
        $this->lease = $lease;
        $this->connection = $connection;
        $this->rowCount = $inner->rowCount();
        $this->columnCount = $inner->columnCount();
        $this->fetched = 0;
        $this->rows = $this->pool->countsRows ? $this->rowCount : 0;
        if (!$executed || $this->columnCount === 0) {
            $this->finish();
            return $executed;
        }
        if ($this->fetchMode !== []) {
            $inner->setFetchMode(...$this->fetchMode);
        }
        if ($this->columns !== []) {
            $this->bindColumns($inner);
        }
        return true;
    }

    /**
     * Prepares it, and counts a cursor more. Preparing has no effect, so a connection that broke
     * while it was idle is replaced, once.
     * @return array{Lease, PdoConnection, \PDOStatement|false}
     */
    private function prepared(Lease $lease, PdoConnection $connection): array
    {
        for ($first = true;; $first = false) {
            $connection->cursors++;
            try {
                return [$lease, $connection, $connection->pdo->prepare($this->sql, $this->options)];
            } catch (\Throwable $thrown) {
                $connection->cursors--;
                $lost = PdoConnection::isLost($thrown);
                $again = $first && $lost && $connection->unused() && $thrown instanceof \PDOException;
                $lost ? $this->pool->discard($lease, $connection) : $this->pool->done($lease, $connection);
                if (!$again) {
                    throw $thrown;
                }
            }
            $lease = $this->pool->ready($this->sql);
            $connection = $lease->get();
        }
    }

    /** Its rows were fetched, or are not wanted: the connection goes back. */
    private function finish(): void
    {
        $inner = $this->inner;
        $lease = $this->lease;
        $connection = $this->connection;
        if ($inner === null) {
            return;
        }
        $this->inner = $this->lease = $this->connection = null;
        if ($lease->isReleased()) {
            return;
        }
        $connection->cursors--;
        try {
            if ($inner->errorCode() !== '00000') {
                $this->lastError = $inner->errorInfo();
            } else {
                $this->lastError = self::NO_ERROR;
            }
            $inner->closeCursor();
            // One with references bound to it, or attributes of its own, is not for the next.
            if ($this->options === [] && $this->columns === [] && !$this->hasReferences && $this->attributes === []) {
                if ($this->fetchMode === [] || $connection->restoreFetchMode($inner)) {
                    $connection->keep($this->sql, $inner, $this->given);
                }
            }
            // PDO tells the server of a statement that is dropped: while the connection is ours.
            unset($inner);
        } catch (\PDOException) {
            $this->pool->discard($lease, $connection);
            return;
        }
        $this->pool->done($lease, $connection);
    }

    /** Where a call of the inner statement has thrown: a connection that is lost goes at once. */
    private function threw(\Throwable $thrown): \Throwable
    {
        if ($this->inner !== null && PdoConnection::isLost($thrown)) {
            $lease = $this->lease;
            $connection = $this->connection;
            $this->inner = $this->lease = $this->connection = null;
            if (!$lease->isReleased()) {
                $connection->cursors--;
                $this->pool->discard($lease, $connection);
            }
        }
        return $thrown;
    }

    /** Suspends where the driver does not buffer. */
    public function fetch(int $mode = \PDO::FETCH_DEFAULT, int $cursorOrientation = \PDO::FETCH_ORI_NEXT, int $cursorOffset = 0): mixed
    {
        if ($this->inner === null) {
            return false;
        }
        try {
            $row = $this->inner->fetch($mode, $cursorOrientation, $cursorOffset);
        } catch (\Throwable $thrown) {
            throw $this->threw($thrown);
        }
        // A PDORow reads its columns from the statement, later.
        if ($row === false || (++$this->fetched === $this->rows && !$row instanceof \PDORow)) {
            $this->fetchedAll();
        }
        return $row;
    }

    public function fetchColumn(int $column = 0): mixed
    {
        if ($this->inner === null) {
            return false;
        }
        try {
            $value = $this->inner->fetchColumn($column);
        } catch (\Throwable $thrown) {
            throw $this->threw($thrown);
        }
        // A column may be false itself; the count tells when it was the last. Drivers without one have no such values.
        if (++$this->fetched === $this->rows || ($value === false && $this->rows === 0)) {
            $this->fetchedAll();
        }
        return $value;
    }

    public function fetchObject(?string $class = 'stdClass', array $constructorArgs = []): object|false
    {
        if ($this->inner === null) {
            return false;
        }
        try {
            $row = $this->inner->fetchObject($class, $constructorArgs);
        } catch (\Throwable $thrown) {
            throw $this->threw($thrown);
        }
        if ($row === false || ++$this->fetched === $this->rows) {
            $this->fetchedAll();
        }
        return $row;
    }

    public function fetchAll(int $mode = \PDO::FETCH_DEFAULT, mixed ...$args): array
    {
        if ($this->inner === null) {
            return [];
        }
        try {
            $rows = $args === [] ? $this->inner->fetchAll($mode) : $this->inner->fetchAll($mode, ...$args);
        } catch (\Throwable $thrown) {
            throw $this->threw($thrown);
        }
        $this->fetchedAll();
        return $rows;
    }

    /** Nothing is left to fetch, unless further results follow, as MySQL's procedures return them. */
    private function fetchedAll(): void
    {
        if ($this->inner !== null && !$this->hasMore()) {
            $this->finish();
        }
    }

    private function hasMore(): bool
    {
        return stripos($this->sql, 'CALL') !== false || str_contains($this->sql, ';');
    }

    public function nextRowset(): bool
    {
        if ($this->inner === null) {
            return false;
        }
        try {
            $next = $this->inner->nextRowset();
        } catch (\Throwable $thrown) {
            throw $this->threw($thrown);
        }
        if (!$next) {
            $this->finish();
            return false;
        }
        $this->fetched = 0;
        $this->rowCount = $this->inner->rowCount();
        $this->rows = $this->pool->countsRows ? $this->rowCount : 0;
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
        try {
            return $this->inner?->getColumnMeta($column) ?? false;
        } catch (\Throwable $thrown) {
            throw $this->threw($thrown);
        }
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
        return $this->attributes[$name] ?? $this->inner?->getAttribute($name) ?? false;
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
