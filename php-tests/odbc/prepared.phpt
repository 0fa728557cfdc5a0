--TEST--
ODBC: a statement that comes again is prepared once for each connection; several results come one behind the other
--SKIPIF--
<?php
require __DIR__ . '/../include/odbc_pool.inc';
Tusk\Tests\skip_without_driver('PostgreSQL Unicode');
Tusk\Tests\skip_without_driver('MariaDB Unicode');
Tusk\Tests\skip_without_driver('SQLite3');
Postgres::skip('odbc');
Mariadb::skip('odbc');
?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';
require __DIR__ . '/../include/attempt.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\{attempt, mariadb_dsn, postgres_dsn, sqlite_dsn};

$dsns = ['SQLite' => sqlite_dsn(), 'PostgreSQL' => postgres_dsn(Postgres::start()->port), 'MariaDB' => mariadb_dsn(Mariadb::start()->port)];
foreach ($dsns as $name => $dsn) {
    foreach ([64, 0] as $cache) {
        $db = Odbc::connect($dsn, max: 1, options: ['statement_cache' => $cache]);
        $db->execute('CREATE TABLE again (id INTEGER, name VARCHAR(40))');
        // Rows that differ in number and width, nulls, other types of parameters, failures in between.
        for ($i = 1; $i <= 12; $i++) {
            $db->execute('INSERT INTO again VALUES (?, ?)', [$i, $i % 3 === 0 ? null : str_repeat("é$i ", $i % 5 + 1)]);
        }
        $sums = [];
        for ($i = 1; $i <= 12; $i++) {
            $rows = $db->query('SELECT id, name FROM again WHERE id <= ? ORDER BY id', [$i % 4 === 0 ? (string) $i : $i])->fetchAll();
            $sums[] = count($rows) . ($rows[$i - 1]['name'] ?? null);
            try {
                $db->query('SELECT nothing FROM again WHERE id = ?', [$i]);
                $sums[] = 'wrong';
            } catch (Tusk\RemoteException) {
            }
        }
        $right = array_map(fn (int $i) => $i . ($i % 3 === 0 ? '' : str_repeat("é$i ", $i % 5 + 1)), range(1, 12));
        echo "$name, $cache kept: ", $sums === $right ? 'right' : json_encode($sums, JSON_UNESCAPED_UNICODE);
        // A table that changes under a prepared statement, and in a transaction.
        for ($i = 0; $i < 3; $i++) {
            $db->query('SELECT * FROM again WHERE id = 1')->fetchAll();
        }
        $db->execute('ALTER TABLE again ADD COLUMN more INTEGER');
        echo ', ', count($db->query('SELECT * FROM again WHERE id = 1')->fetchOne()), ' columns';
        $db->transaction(function () use ($db) {
            for ($i = 0; $i < 3; $i++) {
                $db->execute('UPDATE again SET more = ? WHERE id = 1', [$i]);
            }
        });
        echo ', ', $db->query('SELECT more FROM again WHERE id = 1')->fetchValue();
        // Nothing that is kept stands in the way of dropping the table.
        $db->execute('DROP TABLE again');
        echo ', ', $db->stats()['created'], " connection\n";
        $db->close();
    }
}

$prepares = function (Odbc $db): int {
    return (int) $db->query("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'")->fetchOne()['Value'];
};
$db = Odbc::connect($dsns['MariaDB'], max: 1);
$prepares($db);
$prepares($db);
$db->query('SELECT ? + 1', [1]);
$db->query('SELECT ? + 1', [1]);
$before = $prepares($db);
for ($i = 0; $i < 10; $i++) {
    $i + 1 === (int) $db->query('SELECT ? + 1', [$i])->fetchValue() || print("wrong\n");
}
echo $prepares($db) - $before <= 1 ? "not prepared again\n" : "prepared again\n";

$db->execute('CREATE PROCEDURE three() BEGIN SELECT 1 AS a; SELECT 2 AS b, 3 AS c UNION ALL SELECT 4, 5; SELECT 6 AS d; END');
for ($i = 0; $i < 3; $i++) {
    $result = $db->query('CALL three()');
    do {
        echo json_encode($result->fetchAll()), count($result);
    } while ($result->nextResult() && count($result->columns()) > 0);
    echo "\n";
}
echo $db->query('SELECT 1')->nextResult() ? 'more' : 'no more', "\n";
$db->close();

$db = Odbc::connect($dsns['PostgreSQL'], max: 1);
$result = $db->query('SELECT 1 AS a; SELECT 2 AS b');
echo json_encode($result->fetchAll()), $result->nextResult() ? json_encode($result->fetchAll()) : '', "\n";
foreach ($db->stream('SELECT 1 AS a; SELECT 2 AS b') as $row) {
    echo 'streamed: ', json_encode($row), "\n";
}
echo $db->query('SELECT 3')->fetchValue(), ', ', $db->stats()['leased'], " lent\n";
attempt('statement_cache', fn () => Odbc::connect($dsns['SQLite'], options: ['statement_cache' => -1]));
?>
--EXPECT--
SQLite, 64 kept: right, 3 columns, 2, 1 connection
SQLite, 0 kept: right, 3 columns, 2, 1 connection
PostgreSQL, 64 kept: right, 3 columns, 2, 1 connection
PostgreSQL, 0 kept: right, 3 columns, 2, 1 connection
MariaDB, 64 kept: right, 3 columns, 2, 1 connection
MariaDB, 0 kept: right, 3 columns, 2, 1 connection
not prepared again
[{"a":1}]1[{"b":2,"c":3}]1[{"d":6}]1
[{"a":1}]1[{"b":2,"c":3}]1[{"d":6}]1
[{"a":1}]1[{"b":2,"c":3}]1[{"d":6}]1
no more
[{"a":1}][{"b":2}]
streamed: {"a":1}
3, 0 lent
statement_cache: ValueError: Tusk\Pool\Odbc::connect(): Argument #7 ($options) has the option "statement_cache", which must be a number of statements
