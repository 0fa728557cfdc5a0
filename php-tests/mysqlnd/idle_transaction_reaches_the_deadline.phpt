--TEST--
Who waits ten seconds for somebody's idle transaction gets a MisuseError, and the transaction stays whole
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
Mariadb::skip('pdo_mysql');
if (getenv('SKIP_SLOW_TESTS')) exit('skip takes ten seconds');
?>
--INI--
error_log={TMP}/tusk-mysqlnd.log
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
use function Tusk\go;
$pdo = Mariadb::start()->pdo();
$pdo->exec('CREATE TABLE t (who VARCHAR(10)) ENGINE=InnoDB');
$refused = false;
$a = go(function () use ($pdo, &$refused) {
    $pdo->beginTransaction();
    $pdo->exec("INSERT INTO t VALUES ('a')");
    while (!$refused) {
        Tusk\sleep(0.05);
    }
    $pdo->rollBack();
});
$b = go(function () use ($pdo, &$refused) {
    $start = hrtime(true);
    try {
        $pdo->exec("INSERT INTO t VALUES ('b')");
        echo "interleaved\n";
    } catch (Tusk\MisuseError $e) {
        echo preg_replace('~\S*/([^/ ]+\.php:\d+)~', '$1', $e->getMessage()), "\n";
        var_dump(round((hrtime(true) - $start) / 1e9) >= 10.0);
    }
    $refused = true;
});
$a->join();
$b->join();
$pdo->exec("INSERT INTO t VALUES ('c')");
echo implode(' ', $pdo->query('SELECT who FROM t')->fetchAll(PDO::FETCH_COLUMN)), "\n";
?>
--EXPECT--
This MySQL connection is used by another coroutine (at idle_transaction_reaches_the_deadline.php:8), which left a transaction or an unread result open for 10 seconds. Use one connection for each coroutine.
bool(true)
c
