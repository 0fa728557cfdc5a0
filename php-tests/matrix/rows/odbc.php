<?php
/** PDO odbc and ext/odbc, with drivers that wait in libc. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

use function Tusk\Tests\plain_php;

$postgres = 'Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=' . getenv('TUSK_PG') . ';Database=postgres;Uid=test;';
$mariadb = 'Driver={MariaDB Unicode};Server=127.0.0.1;Port=' . getenv('TUSK_MYSQL') . ';Database=test;Uid=root;';
$needs = static fn (string $extension, string $server, string $library): array => ["extension:$extension", "env:$server", "env:$library"];
$slow = ['postgres' => 'select 5 as five from pg_sleep(0.08)', 'mariadb' => 'select 5 as five, sleep(0.08) as slept'];
$pdo = static fn (string $dsn): \PDO => new \PDO("odbc:$dsn", options: [\PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION]);
$isPg = $needs('pdo_odbc', 'TUSK_PG', 'TUSK_ODBC_PG');
$isMaria = $needs('pdo_odbc', 'TUSK_MYSQL', 'TUSK_ODBC_MARIADB');

return [
    new Row('PDO odbc, PostgreSQL: connect', 'interposition', static fn (): mixed => $pdo($postgres)->query('select 1 as n')->fetchAll(), needs: $isPg),
    new Row('PDO odbc, PostgreSQL: query', 'interposition', static fn (): mixed => $pdo($postgres)->query($slow['postgres'])->fetchAll(), waits: 0.08, needs: $isPg),
    new Row('PDO odbc, PostgreSQL: prepare, execute', 'interposition', static function () use ($pdo, $postgres): array {
        $statement = $pdo($postgres)->prepare('select ?::int as n from pg_sleep(0.08)');
        return [$statement->execute([5]), $statement->fetchAll()];
    }, waits: 0.08, needs: $isPg),
    new Row('PDO odbc, PostgreSQL: an error', 'interposition', static fn (): mixed => $pdo($postgres)->query('select nonsense'), needs: $isPg),
    new Row('PDO odbc, PostgreSQL: a lock', 'interposition', static fn (array $held): mixed => [$held[0], $pdo($postgres)->query("select 5 as n from pg_advisory_lock(77)")->fetchAll()],
        waits: 0.06, setup: static function () use ($postgres): mixed {
            $code = '$db = new PDO("odbc:' . $postgres . '"); $db->query("select 1 from pg_advisory_lock(77)")->fetchAll(); echo "held\n"; usleep(120_000);';
            $process = proc_open([...plain_php(), '-r', $code], [1 => ['pipe', 'w']], $pipes);
            return [fgets($pipes[1]), $process, $pipes];
        }, needs: $isPg),
    new Row('PDO odbc, MariaDB: query', 'interposition', static fn (): mixed => $pdo($mariadb)->query($slow['mariadb'])->fetchAll(), waits: 0.08, needs: $isMaria),
    new Row('odbc_exec', 'interposition', static function () use ($postgres, $slow): mixed {
        return odbc_fetch_array(odbc_exec(odbc_connect($postgres, '', ''), $slow['postgres']));
    }, waits: 0.08, needs: $needs('odbc', 'TUSK_PG', 'TUSK_ODBC_PG')),
    new Row('odbc_prepare, odbc_execute', 'interposition', static function () use ($postgres): mixed {
        $statement = odbc_prepare(odbc_connect($postgres, '', ''), 'select ?::int as n from pg_sleep(0.08)');
        return [odbc_execute($statement, [5]), odbc_fetch_array($statement)];
    }, waits: 0.08, needs: $needs('odbc', 'TUSK_PG', 'TUSK_ODBC_PG')),
];
