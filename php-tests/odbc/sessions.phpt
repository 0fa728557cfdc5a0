--TEST--
ODBC: what a statement leaves in its session goes with the connection; transactions begin by transaction() alone
--SKIPIF--
<?php
require __DIR__ . '/../include/odbc_pool.inc';
Tusk\Tests\skip_without_driver('SQLite3');
?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\thrown;

$there = fn (string $server): bool => (bool) array_filter([...explode(':', getenv('PATH') . ':/usr/sbin:/usr/local/sbin'), ...glob('/usr/lib/postgresql/*/bin')],
    fn (string $folder) => is_executable("$folder/$server"));
$databases = ['SQLite' => [Tusk\Tests\sqlite_dsn(), 'PRAGMA cache_size = 77', 'PRAGMA cache_size', 'CREATE TEMP TABLE own (a int)']];
if (has_odbc_driver('PostgreSQL Unicode') && $there('postgres')) {
    $databases['PostgreSQL'] = [Tusk\Tests\postgres_dsn(Postgres::start()->port), "SET application_name = 'changed'", 'SHOW application_name',
        'CREATE TEMPORARY TABLE own (a int)'];
}
if (has_odbc_driver('MariaDB Unicode') && extension_loaded('pdo_mysql') && $there('mariadbd')) {
    $databases['MariaDB'] = [Tusk\Tests\mariadb_dsn(Mariadb::start()->port), 'SET SESSION lock_wait_timeout = 77', 'SELECT @@lock_wait_timeout',
        'CREATE TEMPORARY TABLE own (a int)'];
}
$found = [];
foreach ($databases as $name => [$dsn, $set, $show, $temporary]) {
    $db = Odbc::connect($dsn, max: 1);
    $before = $db->query($show)->byNumber()->fetchOne();
    $faults = [];
    // Outside of a transaction, inside of one, and in one that is rolled back.
    foreach ([
        fn () => $db->execute($set),
        fn () => $db->transaction(function () use ($db, $set, $show, $before): void {
            $db->execute($set);
            $db->query($show)->byNumber()->fetchOne() === $before && print("not changed inside\n");
        }),
        fn () => thrown(fn () => $db->transaction(function () use ($db, $set): void {
            $db->execute($set);
            throw new DomainException();
        })),
        fn () => $db->execute($temporary),
    ] as $number => $change) {
        try {
            $change();
        } catch (Tusk\RemoteException $error) {
            $faults[] = $error->getMessage();
        }
        $db->query($show, timeout: 30.0)->byNumber()->fetchOne() === $before || print("$name: change $number is still there\n");
    }
    $gone = thrown(fn () => $db->query('SELECT * FROM own')) !== 'nothing was thrown' ? 'gone' : 'there';
    foreach (['BEGIN', 'COMMIT', '/* x */ rollback'] as $sql) {
        echo str_contains(thrown(fn () => $db->execute($sql)), 'call transaction()') ? '' : "$sql is let through\n";
    }
    // What changes nothing keeps its connection.
    $created = $db->stats()['created'];
    for ($i = 0; $i < 5; $i++) {
        $db->query('SELECT 1');
    }
    $found[$name] = "$gone " . $db->stats()['created'] - $created . ' ' . $db->stats()['leased'] . ' ' . json_encode($faults);
    $db->close();
}
echo array_unique(array_values($found)) === ['gone 0 0 []'] ? "the same for each\n" : json_encode($found);
?>
--EXPECT--
the same for each
