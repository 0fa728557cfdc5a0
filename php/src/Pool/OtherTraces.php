<?php
declare(strict_types=1);

namespace Tusk\Pool;

/** @internal Of drivers whose databases are not known: what changes the session costs the connection. */
final class OtherTraces extends PdoTraces
{
    private const CHANGES = '/' . self::START . '(?:SET|ALTER\s+SESSION|LOCK|DECLARE|USE|PREPARE|ATTACH|PRAGMA|CREATE\s+(?:OR\s+REPLACE\s+)?(?:LOCAL\s+|GLOBAL\s+)?TEMP)|\bINTO\s+(?:LOCAL\s+|GLOBAL\s+)?TEMP/is';

    public function before(\PDO $pdo, string $sql): void
    {
        !$this->changes(self::CHANGES, $sql) || $this->giveUp('of this database nobody knows how');
    }

    protected function undoAll(\PDO $pdo): void
    {
    }
}
