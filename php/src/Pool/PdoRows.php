<?php
declare(strict_types=1);

namespace Tusk\Pool;

/**
 * @internal What Pdo::query() returns where the rows are in memory and no connection is needed for
 * them (MySQL, unless told otherwise): PDO's own statement. Executed again, it takes a connection of
 * the pool for that.
 */
final class PdoRows extends \PDOStatement
{
    /** Its SQL. */
    public function sql(): string
    {
        return $this->queryString;
    }
}
