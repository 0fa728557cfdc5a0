--TEST--
mysqli::close() and mysqli_stmt::close() while others are in the connection or wait for it: they are done first, or turned away
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
Mariadb::skip('mysqli');
?>
--ENV--
USE_ZEND_ALLOC=0
MALLOC_PERTURB_=165
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
use function Tusk\go;

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$server = Mariadb::start();

/** Runs them, the others 30 ms after the first. */
function together(string $name, Closure ...$all): void
{
    $coroutines = [];
    foreach ($all as $at => $do) {
        $coroutines[] = go(static function () use ($at, $do): string {
            usleep($at === 0 ? 0 : 30_000);
            try {
                return json_encode($do());
            } catch (Throwable $e) {
                return $e::class . ": {$e->getMessage()}";
            }
        });
    }
    foreach ($coroutines as $at => $one) {
        echo "$name $at: ", $one->join(), "\n";
    }
}

$db = $server->mysqli();
together('closed in a transaction', static function () use ($db) {
    $db->begin_transaction();
    $db->query('SELECT 1');
    usleep(80_000);
    return $db->close();
}, static fn () => $db->query('SELECT 2')->fetch_row(), static fn () => mysqli_query($db, 'SELECT 3')->fetch_row());

$db = $server->mysqli();
together('closed in a query', static fn () => $db->query('SELECT SLEEP(0.1)')->fetch_row(), static fn () => mysqli_close($db));

$db = $server->mysqli();
$statement = $db->prepare('SELECT SLEEP(0.1)');
together('statement closed as it runs', static fn () => [$statement->execute(), $statement->get_result()->fetch_row()],
    static fn () => $statement->close());

$statement = $db->prepare('SELECT 5');
$other = $db->prepare('SELECT 6');
together('statement closed that others wait for', static function () use ($db, $statement) {
    $db->begin_transaction();
    usleep(80_000);
    $closed = $statement->close();
    return [$closed, $db->rollback()];
}, static fn () => $statement->execute(), static fn () => [$other->execute(), $other->get_result()->fetch_row()]);

// Somebody else's transaction is not disturbed.
$statement = $db->prepare('SELECT 7');
together('statement closed beside a transaction', static function () use ($db) {
    $db->begin_transaction();
    $db->query('CREATE TEMPORARY TABLE t (n INT)');
    usleep(80_000);
    $db->query('INSERT INTO t VALUES (1)');
    return $db->commit();
}, static fn () => $statement->close(), static fn () => $db->query('SELECT 8')->fetch_row());
?>
--EXPECT--
closed in a transaction 0: true
closed in a transaction 1: Error: This MySQL connection was closed by another coroutine while this one waited for it. Use one connection for each coroutine, or close it when all are done.
closed in a transaction 2: Error: This MySQL connection was closed by another coroutine while this one waited for it. Use one connection for each coroutine, or close it when all are done.
closed in a query 0: ["0"]
closed in a query 1: true
statement closed as it runs 0: [true,[0]]
statement closed as it runs 1: true
statement closed that others wait for 0: [true,true]
statement closed that others wait for 1: Error: This prepared MySQL statement was closed by another coroutine while this one waited for it. Use one connection for each coroutine, or close it when all are done.
statement closed that others wait for 2: [true,[6]]
statement closed beside a transaction 0: true
statement closed beside a transaction 1: true
statement closed beside a transaction 2: ["8"]
