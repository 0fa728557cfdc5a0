--TEST--
ODBC: a million rows are streamed in bounded memory, from three drivers
--SKIPIF--
<?php
require __DIR__ . '/../include/odbc_pool.inc';
Tusk\Tests\skip_without_bad_driver();
Tusk\Tests\skip_without_driver('SQLite3');
Tusk\Tests\skip_without_driver('PostgreSQL Unicode');
Tusk\Tests\skip_without_driver('MariaDB Unicode');
Postgres::skip('pdo_pgsql');
Mariadb::skip('pdo_mysql');
?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';

use Tusk\Pool\Odbc;

const ROWS = 1_000_000;
const MOST_KIB = 64 * 1024;

function resident_kib(): int
{
    preg_match('/^VmHWM:\s+(\d+)/m', file_get_contents('/proc/self/status'), $found);
    return (int) $found[1];
}

function check(string $name, string $dsn, string $sql): void
{
    $db = Odbc::connect($dsn);
    // What the driver needs at all is there after a small one.
    foreach ($db->stream(str_replace((string) ROWS, '1000', $sql)) as $row) {
    }
    $before = resident_kib();
    [$rows, $sum] = [0, 0];
    foreach ($db->stream($sql) as $row) {
        $rows++;
        $sum += (int) reset($row);
    }
    $growth = resident_kib() - $before;
    echo $name, ': ', $rows, ' rows, ', $sum === ROWS * (ROWS + 1) / 2 ? 'all' : $sum, ', ',
        $growth < MOST_KIB ? 'bounded' : "$growth KiB more", "\n";
    $db->close();
}

$numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ' . ROWS . ') SELECT i, %s FROM n';
check('sqlite', Tusk\Tests\sqlite_dsn(), sprintf($numbers, "'row ' || i"));
check('postgres', Tusk\Tests\postgres_dsn(Postgres::start()->port), "SELECT i, CAST('row ' || i AS VARCHAR(40)) AS name FROM generate_series(1, " . ROWS . ') AS s(i)');
check('mariadb', Tusk\Tests\mariadb_dsn(Mariadb::start()->port), "SELECT seq, CONCAT('row ', seq) AS name FROM seq_1_to_" . ROWS);
?>
--EXPECT--
sqlite: 1000000 rows, all, bounded
postgres: 1000000 rows, all, bounded
mariadb: 1000000 rows, all, bounded
