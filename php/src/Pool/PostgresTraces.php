<?php
declare(strict_types=1);

namespace Tusk\Pool;

/**
 * @internal Of PostgreSQL. Its server puts each kind of thing back by one statement, and all of them
 * travel together. A setting gets back the value that it had, which may be one that whoever connected
 * has set (a search path, a time zone); where it cannot be told which are set, all are reset, unless
 * there may be such.
 *
 * DISCARD ALL is not used: it forgets prepared statements, which stay valid here.
 */
final class PostgresTraces extends PdoTraces
{
    private const CHANGES = '/' . self::START . '(?:SET\b(?!\s+(?:LOCAL|TRANSACTION|CONSTRAINTS)\b)|RESET|CREATE\s+(?:OR\s+REPLACE\s+)?(?:LOCAL\s+|GLOBAL\s+)?TEMP|LISTEN|UNLISTEN|DECLARE|PREPARE|DISCARD|DEALLOCATE|LOAD)'
        . '|\b(?:pg_(?:try_)?advisory_lock(?:_shared)?|set_config)\s*\(|\bINTO\s+(?:LOCAL\s+|GLOBAL\s+)?TEMP/is';
    private const ROLE = '/^(?:SET|RESET)\s+(?:SESSION\s+|LOCAL\s+)?(?:ROLE|SESSION\s+AUTHORIZATION|AUTHORIZATION)\b/i';

    /** @var array<string, true> statements that undo */
    private array $undo = [];
    /** @var array<string, ?string> settings as they were; null: there was none */
    private array $settings = [];

    public function __construct(private readonly bool $configured)
    {
    }

    public function before(\PDO $pdo, string $sql): void
    {
        // What PREPARE TRANSACTION leaves is not the session's.
        if (!$this->changes(self::CHANGES, $sql) || preg_match('/^\s*PREPARE\s+TRANSACTION\b/i', $sql) === 1) {
            return;
        }
        $this->left = true;
        $sql = ltrim(preg_replace('/^' . substr(self::START, strlen('(?:^|;)')) . '/s', '', $sql) ?? $sql);
        if (self::several($sql)) {
            // What each of them does is not looked at.
            $this->configured && $this->giveUp('several statements at once');
            foreach (['RESET ALL', 'CLOSE ALL', 'SET SESSION AUTHORIZATION DEFAULT', 'UNLISTEN *', 'SELECT pg_advisory_unlock_all()', 'DISCARD TEMP'] as $undo) {
                $this->undo[$undo] = true;
            }
            preg_match('/;\s*(?:PREPARE|DISCARD|DEALLOCATE|LOAD)\b/i', ";$sql") !== 1 || $this->giveUp('several statements at once');
            return;
        }
        match (true) {
            preg_match(self::ROLE, $sql) === 1 => $this->configured ? $this->giveUp('another role') : $this->undo['SET SESSION AUTHORIZATION DEFAULT'] = true,
            preg_match('/^(?:DISCARD|DEALLOCATE|LOAD)\b/i', $sql) === 1 => $this->giveUp('its prepared statements may be gone, or a library loaded'),
            preg_match('/^(?:SET|RESET)\b\s*(?:SESSION\s+(?!CHARACTERISTICS))?(.*)/is', $sql, $found) === 1 => $this->setting($pdo, $found[1]),
            preg_match('/^(?:UN)?LISTEN\b/i', $sql) === 1 => $this->undo['UNLISTEN *'] = true,
            preg_match('/^DECLARE\b/i', $sql) === 1 => $this->undo['CLOSE ALL'] = true,
            preg_match('/^PREPARE\s+("(?:[^"]|"")+"|\w+)/i', $sql, $found) === 1 => $this->undo["DEALLOCATE $found[1]"] = true,
            preg_match('/^PREPARE\b/i', $sql) === 1 => $this->giveUp('a prepared statement whose name is not understood'),
            default => null,
        };
        preg_match('/^CREATE\b|\bINTO\s+(?:LOCAL\s+|GLOBAL\s+)?TEMP/i', $sql) !== 1 || $this->undo['DISCARD TEMP'] = true;
        preg_match('/advisory_lock/i', $sql) !== 1 || $this->undo['SELECT pg_advisory_unlock_all()'] = true;
        $this->functions($pdo, $sql);
    }

    /** `$what`: behind SET or RESET. */
    private function setting(\PDO $pdo, string $what): void
    {
        match (true) {
            preg_match('/^TIME\s+ZONE\b/i', $what) === 1 => $this->remember($pdo, ['timezone']),
            preg_match('/^SCHEMA\b/i', $what) === 1 => $this->remember($pdo, ['search_path']),
            preg_match('/^NAMES\b/i', $what) === 1 => $this->remember($pdo, ['client_encoding']),
            preg_match('/^XML\s+OPTION\b/i', $what) === 1 => $this->remember($pdo, ['xmloption']),
            // The seed of random() is nobody's.
            preg_match('/^SEED\b/i', $what) === 1 => null,
            preg_match('/^SESSION\s+CHARACTERISTICS\b/i', $what) === 1 => $this->remember(
                $pdo,
                ['default_transaction_isolation', 'default_transaction_read_only', 'default_transaction_deferrable'],
            ),
            preg_match('/^([a-z_][\w$]*(?:\.[a-z_][\w$]*)*)\s*(?:=|TO\b|;?$)/i', $what, $found) === 1 && strcasecmp($found[1], 'ALL') !== 0
                => $this->remember($pdo, [strtolower($found[1])]),
            default => $this->all(),
        };
    }

    private function functions(\PDO $pdo, string $sql): void
    {
        $calls = preg_match_all('/\bset_config\s*\(/i', $sql);
        if ($calls > 0) {
            $named = preg_match_all("/\bset_config\s*\(\s*'([\w.]+)'\s*,/i", $sql, $found);
            $named === $calls ? $this->remember($pdo, array_map('strtolower', $found[1])) : $this->all();
        }
    }

    /** Settings, nobody can tell which. */
    private function all(): void
    {
        $this->configured ? $this->giveUp('which settings were changed is not known') : $this->undo['RESET ALL'] = true;
    }

    /** @param list<string> $names */
    private function remember(\PDO $pdo, array $names): void
    {
        $names = array_diff($names, array_keys($this->settings));
        if ($names === []) {
            return;
        }
        $ask = implode(', ', array_map(static fn (string $name): string => "current_setting('$name', true)", $names));
        $values = self::ask($pdo, "SELECT $ask");
        $values === null ? $this->giveUp('what a setting was before is not known') : $this->settings += array_combine($names, $values[0]);
    }

    protected function undoAll(\PDO $pdo): void
    {
        $sql = array_keys($this->undo);
        foreach ($this->settings as $name => $value) {
            $sql[] = $value === null ? "RESET $name" : "SELECT set_config('$name', " . $pdo->quote($value) . ', false)';
        }
        if ($sql !== [] && !self::run($pdo, implode('; ', $sql))) {
            throw new \RuntimeException('the session was changed and could not be reset; the connection is renewed');
        }
        $this->undo = $this->settings = [];
    }
}
