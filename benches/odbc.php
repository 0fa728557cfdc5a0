<?php
/**
 * ODBC through threads: what a call costs beside PDO's direct one in the same process, how a
 * hundred coroutines share twenty connections, and what a million rows take.
 *
 * The direct call is PDO odbc's query() and fetchAll() on the same SQLite database (in memory,
 * so that nearly nothing but the way there is measured), with nobody else to run.
 */

declare(strict_types=1);

namespace Bench;

use Tusk\Pool\Odbc;
use Tusk\WaitGroup;

require __DIR__ . '/lib/measure.php';
require __DIR__ . '/../php-tests/include/odbc_pool.inc';

foreach (['SQLite3', 'PostgreSQL Unicode', 'MariaDB Unicode'] as $driver) {
    \has_odbc_driver($driver) || exit("the ODBC driver \"$driver\" is missing\n");
}

const DSN = 'Driver={SQLite3};StepAPI=1;Database=:memory:';

$pdo = new \PDO('odbc:' . DSN);
$pool = Odbc::connect(DSN, max: 1);
$sql = 'SELECT 1 AS one';
$best = best_of([
    'direct' => static function (int $n) use ($pdo, $sql): void {
        for ($i = 0; $i < $n; $i++) {
            $pdo->query($sql)->fetchAll(\PDO::FETCH_ASSOC);
        }
    },
    'pool' => static function (int $n) use ($pool, $sql): void {
        for ($i = 0; $i < $n; $i++) {
            $pool->query($sql)->fetchAll();
        }
    },
], 3000);
note('PDO odbc, direct', sprintf('%.1f µs a query', $best['direct'] / 1e3));
note('one coroutine alone', sprintf('%.1f µs a query', $best['pool'] / 1e3));
check('over a direct call, alone', ($best['pool'] - $best['direct']) / 1e3, 20, 'µs');

$four = Odbc::connect(DSN, max: 4);
$together = static function (int $n) use ($four, $sql): void {
    $group = new WaitGroup(16);
    for ($i = 0; $i < 16; $i++) {
        \Tusk\go(static function () use ($four, $sql, $group, $n): void {
            for ($call = 0; $call < $n / 16; $call++) {
                $four->query($sql)->fetchAll();
            }
            $group->done();
        });
    }
    $group->wait();
};
$best = best_of(['together' => $together, 'direct' => static function (int $n) use ($pdo, $sql): void {
    for ($i = 0; $i < $n; $i++) {
        $pdo->query($sql)->fetchAll(\PDO::FETCH_ASSOC);
    }
}], 3200, 5);
check('over a direct call, 16 coroutines on 4 connections', ($best['together'] - $best['direct']) / 1e3, 20, 'µs');

$postgres = \Postgres::start()->port;
$twenty = Odbc::connect(\Tusk\Tests\postgres_dsn($postgres), max: 20, min: 20);
while ($twenty->stats()['idle'] < 20) {
    \Tusk\sleep(0.01);
}
$fastest = INF;
for ($round = 0; $round < 7; $round++) {
    $group = new WaitGroup(100);
    $begun = hrtime(true);
    for ($i = 0; $i < 100; $i++) {
        \Tusk\go(static function () use ($twenty, $group): void {
            $twenty->query('SELECT pg_sleep(0.02)');
            $group->done();
        });
    }
    $group->wait();
    $fastest = min($fastest, (hrtime(true) - $begun) / 1e6);
}
check('100 coroutines, a query of 20 ms each, 20 connections', $fastest, 115, 'ms');
$twenty->close();

/** The highest that resident memory has been, in KiB; the mark is set back before. */
function peak_kib(): int
{
    return status_kib('VmHWM');
}

$rows = 1_000_000;
$numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows) SELECT i, 'row ' || i AS name FROM n";
$sources = [
    'SQLite' => [\Tusk\Tests\sqlite_dsn(), $numbers],
    'PostgreSQL' => [\Tusk\Tests\postgres_dsn($postgres), "SELECT i, CAST('row ' || i AS VARCHAR(40)) AS name FROM generate_series(1, $rows) AS s(i)"],
    'MariaDB' => [\Tusk\Tests\mariadb_dsn(\Mariadb::start()->port), "SELECT seq, CONCAT('row ', seq) AS name FROM seq_1_to_$rows"],
];
foreach ($sources as $name => [$dsn, $sql]) {
    $db = Odbc::connect($dsn);
    foreach ($db->stream($sql) as $number => $row) {
        if ($number === 1000) {
            break;
        }
    }
    file_put_contents('/proc/self/clear_refs', '5');
    $before = peak_kib();
    $begun = hrtime(true);
    $count = 0;
    foreach ($db->stream($sql) as $row) {
        $count++;
    }
    $seconds = (hrtime(true) - $begun) / 1e9;
    $count === $rows || exit("$name gave $count rows\n");
    check("$name: growth of memory over a million rows", (peak_kib() - $before) / 1024, 64, 'MiB');
    note("$name: rows a second", number_format($rows / $seconds));
    $db->close();
}
