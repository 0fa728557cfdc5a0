<?php
declare(strict_types=1);

namespace Tusk\Pool;

/**
 * @internal Of MySQL and MariaDB. What resets a session there (COM_RESET_CONNECTION) is not to be had
 * through PDO, and would forget what was set when connecting. So each change is undone by itself:
 * a variable gets back the value that it had, which the server keeps meanwhile in a variable of the
 * user's; tables are dropped, locks released.
 */
final class MysqlTraces extends PdoTraces
{
    private const CHANGES = '/' . self::START . '(?:SET|USE|LOCK|FLUSH|BACKUP|PREPARE|HANDLER|XA|CREATE\s+(?:OR\s+REPLACE\s+)?TEMPORARY|\/\*[!M])|\bGET_LOCK\s*\(|@[\w$.]+\s*:=|@[`\'"]|\bINTO\s+@/is';
    private const TABLE = '(?:`[^`]+`|[\w$]+)(?:\s*\.\s*(?:`[^`]+`|[\w$]+))?';
    private const USER = '/^@([\w$.]+)\s*:?=/';
    private const SYSTEM = '/^(?:(GLOBAL|PERSIST_ONLY|PERSIST|SESSION|LOCAL)\s+)?(?:@@(?:(GLOBAL|PERSIST_ONLY|PERSIST|SESSION|LOCAL)\s*\.\s*)?)?(`?)(\w+)\3\s*:?=/i';
    /** What a session is said to speak. */
    private const NAMES = ['character_set_client', 'character_set_results', 'collation_connection'];

    /** @var list<string> statements that undo, in the order of what they undo */
    private array $undo = [];
    /** @var array<string, true> what is remembered already */
    private array $known = [];
    private bool $tables = false;
    /** The next transaction is to be another kind than others. */
    private bool $next = false;

    public function before(\PDO $pdo, string $sql): void
    {
        if (!$this->changes(self::CHANGES, $sql)) {
            // A temporary table under another name is not found again.
            $this->tables && preg_match('/^\s*(?:ALTER|RENAME)\b.*\bRENAME\b|^\s*RENAME\b/is', $sql) === 1 && $this->giveUp('a temporary table may have another name');
            return;
        }
        $sql = ltrim(preg_replace('/^' . substr(self::START, strlen('(?:^|;)')) . '/s', '', $sql) ?? $sql);
        if (self::several($sql)) {
            $this->giveUp('several statements at once');
            return;
        }
        $sql = rtrim($sql, "; \t\r\n");
        match (true) {
            preg_match('/^SET\b\s*(.*)/is', $sql, $found) === 1 => $this->set($pdo, $found[1]),
            preg_match('/^USE\b/i', $sql) === 1 => $this->useBefore($pdo),
            preg_match('/^CREATE\s+(?:OR\s+REPLACE\s+)?TEMPORARY\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(' . self::TABLE . ')/i', $sql, $found) === 1 => $this->table($found[1]),
            preg_match('/^LOCK\s+TABLES?\b|^FLUSH\b.*\b(?:LOCK|EXPORT)\b/is', $sql) === 1 => $this->once('tables', 'UNLOCK TABLES'),
            preg_match('/^FLUSH\b/i', $sql) === 1 => null,
            preg_match('/^PREPARE\s+(`[^`]+`|[\w$]+)\s+FROM\b/i', $sql, $found) === 1 => $this->once("prepare $found[1]", "DEALLOCATE PREPARE $found[1]"),
            preg_match('/^(?:CREATE|LOCK|BACKUP|PREPARE|HANDLER|XA|\/)/i', $sql, $found) === 1 => $this->giveUp("$found[0] …"),
            default => null,
        };
        preg_match('/\bGET_LOCK\s*\(/i', $sql) !== 1 || $this->once('locks', 'DO RELEASE_ALL_LOCKS()');
        $this->assigned($pdo, $sql);
    }

    private function once(string $what, string $undo): void
    {
        $this->left = true;
        if (!isset($this->known[$what])) {
            $this->known[$what] = true;
            $this->undo[] = $undo;
        }
    }

    private function table(string $name): void
    {
        $this->tables = true;
        $this->left = true;
        // Each time: another database may be the current one.
        $this->undo[] = "DROP TEMPORARY TABLE IF EXISTS $name";
    }

    private function useBefore(\PDO $pdo): void
    {
        $this->left = true;
        $name = self::ask($pdo, 'SELECT DATABASE()')[0][0] ?? null;
        $name === null ? $this->giveUp('there was no database before') : $this->undo[] = 'USE `' . str_replace('`', '``', $name) . '`';
    }

    private function set(\PDO $pdo, string $what): void
    {
        match (true) {
            // Of the statement that follows, of the server, or of an account.
            preg_match('/^(?:STATEMENT|PASSWORD|DEFAULT\s+ROLE|GLOBAL\s+TRANSACTION)\b/i', $what) === 1 => null,
            preg_match('/^(?:ROLE|RESOURCE\s+GROUP)\b/i', $what, $found) === 1 => $this->giveUp("SET $found[0]"),
            preg_match('/^(?:NAMES|CHARSET|CHARACTER\s+SET)\b/i', $what) === 1 => $this->variables($pdo, self::NAMES),
            preg_match('/^(?:SESSION|LOCAL)\s+TRANSACTION\b/i', $what) === 1 => $this->isolation($pdo),
            // It holds for the next transaction, so there is one.
            preg_match('/^TRANSACTION\b/i', $what) === 1 => $this->left = $this->next = true,
            default => $this->assignments($pdo, $what),
        };
    }

    private function assignments(\PDO $pdo, string $what): void
    {
        $names = [];
        foreach (self::parts($what) as $part) {
            if (preg_match(self::USER, $part, $found) === 1) {
                $names[] = "@$found[1]";
            } elseif (preg_match(self::SYSTEM, $part, $found) === 1) {
                $scope = strtoupper($found[1] ?: $found[2]);
                in_array($scope, ['GLOBAL', 'PERSIST', 'PERSIST_ONLY'], true) || $names[] = strtolower($found[4]);
            } else {
                $this->giveUp('an assignment that is not understood');
                return;
            }
        }
        $this->variables($pdo, $names);
    }

    /** Between commas that are not in quotes or parentheses. @return list<string> */
    private static function parts(string $list): array
    {
        preg_match_all('/(?:[^,\'"`()]|\'(?:[^\'\\\\]|\\\\.|\'\')*\'|"(?:[^"\\\\]|\\\\.|"")*"|`[^`]*`|(\((?:[^()\'"]|\'(?:[^\'\\\\]|\\\\.)*\'|"(?:[^"\\\\]|\\\\.)*"|(?1))*\)))+/s', $list, $found);
        return array_map('trim', $found[0]);
    }

    private function isolation(\PDO $pdo): void
    {
        // MySQL 8 and MariaDB 11.1 have the first names, those before the second.
        $this->remember($pdo, ['transaction_isolation', 'transaction_read_only'])
            || $this->remember($pdo, ['tx_isolation', 'tx_read_only'])
            || $this->giveUp('its isolation level is not known');
    }

    /** @param list<string> $names */
    private function variables(\PDO $pdo, array $names): void
    {
        foreach (array_intersect($names, ['timestamp', 'rand_seed1', 'rand_seed2']) as $name) {
            // Reading them does not tell whether they were set.
            $name === 'timestamp' ? $this->once($name, 'SET timestamp = DEFAULT') : $this->giveUp("SET $name");
        }
        $names = array_diff($names, ['timestamp', 'rand_seed1', 'rand_seed2']);
        $names === [] || $this->remember($pdo, array_values($names)) || $this->giveUp('what a variable was before is not known');
    }

    /**
     * Lets the server remember values: only it knows their types. Of several settings in one
     * statement, all are put back in one, as some are checked against each other.
     * @param list<string> $names
     */
    private function remember(\PDO $pdo, array $names): bool
    {
        $keep = $undo = [];
        foreach (array_unique($names) as $name) {
            if (isset($this->known[$name])) {
                continue;
            }
            $is_user = $name[0] === '@';
            $kept = '@tusk_' . ($is_user ? 'user_' . substr($name, 1) : $name);
            $keep[$name] = "$kept = " . ($is_user ? $name : "@@SESSION.$name");
            $undo[] = ($is_user ? $name : "SESSION $name") . " = $kept";
        }
        if ($keep !== [] && !self::run($pdo, 'SET ' . implode(', ', $keep))) {
            return false;
        }
        $this->left = true;
        $this->known += array_fill_keys(array_keys($keep), true);
        $undo === [] || $this->undo[] = 'SET ' . implode(', ', $undo);
        return true;
    }

    /** Variables of the user's that a query assigns. */
    private function assigned(\PDO $pdo, string $sql): void
    {
        $into = preg_match('/\bINTO\s+(@[\w$.]+(?:\s*,\s*@[\w$.]+)*)/i', $sql, $found) === 1 ? preg_split('/\s*,\s*/', $found[1]) : [];
        preg_match_all('/(@[\w$.]+)\s*:=/', $sql, $found);
        $names = array_values(array_filter([...$into, ...$found[1]], static fn (string $name): bool => !str_starts_with($name, '@@')));
        $names === [] || $this->variables($pdo, $names);
        preg_match('/@[`\'"]/', $sql) !== 1 || preg_match('/@(?:`[^`]*`|\'[^\']*\'|"[^"]*")\s*:?=|\bINTO\s+@[`\'"]/i', $sql) !== 1 || $this->giveUp('a variable in quotes');
    }

    protected function undoAll(\PDO $pdo): void
    {
        // A transaction uses up what was said of the next one. Then the last change comes first: each
        // finds the session as it was just after what it undoes.
        $order = [...($this->next ? ['START TRANSACTION', 'COMMIT'] : []), ...array_reverse($this->undo)];
        foreach ($order as $sql) {
            if (!self::run($pdo, $sql)) {
                throw new \RuntimeException("the session was changed and could not be reset by \"$sql\"; the connection is renewed");
            }
        }
        $this->undo = $this->known = [];
        $this->tables = $this->next = false;
    }
}
