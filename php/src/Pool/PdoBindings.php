<?php
declare(strict_types=1);

namespace Tusk\Pool;

/**
 * @internal What was bound to a statement before there is one: parameters and columns, by value and by
 * reference. It is bound to the real statement when that is executed.
 */
trait PdoBindings
{
    /** @var array<int|string, array{0: string, 1: list<mixed>}> calls of bindValue() and bindParam() */
    private array $bound = [];
    /** Was anything bound by reference? */
    private bool $hasReferences = false;
    /** @var array<int|string, list<mixed>> */
    private array $columns = [];

    public function bindValue(string|int $param, mixed $value, int $type = \PDO::PARAM_STR): bool
    {
        $this->bound[$param] = ['bindValue', [$value, $type]];
        return true;
    }

    public function bindParam(string|int $param, mixed &$var, int $type = \PDO::PARAM_STR, int $maxLength = 0, mixed $driverOptions = null): bool
    {
        $this->hasReferences = true;
        $this->bound[$param] = ['bindParam', [&$var, $type, $maxLength, $driverOptions]];
        return true;
    }

    public function bindColumn(string|int $column, mixed &$var, int $type = \PDO::PARAM_STR, int $maxLength = 0, mixed $driverOptions = null): bool
    {
        $this->columns[$column] = [&$var, $type, $maxLength, $driverOptions];
        return $this->inner === null || $this->inner->bindColumn($column, $var, $type, $maxLength, $driverOptions);
    }

    /**
     * Which parameters are given. A driver may keep the values of an execution for the next one, so
     * only who gives as many gets a statement that somebody else has used.
     */
    private static function names(?array $params, array $bound): string
    {
        $keys = array_keys($params ?? $bound);
        $first = $params === null ? 1 : 0;
        return $keys === range($first, $first + count($keys) - 1) ? '#' . count($keys) : implode(',', $keys);
    }

    private function bindAll(\PDOStatement $inner): void
    {
        foreach ($this->bound as $param => [$how, $arguments]) {
            if ($how === 'bindValue') {
                $inner->bindValue($param, ...$arguments);
            } else {
                $inner->bindParam($param, $arguments[0], $arguments[1], $arguments[2], $arguments[3]);
            }
        }
    }

    private function bindColumns(\PDOStatement $inner): void
    {
        foreach ($this->columns as $column => $arguments) {
            $inner->bindColumn($column, $arguments[0], $arguments[1], $arguments[2], $arguments[3]);
        }
    }
}
