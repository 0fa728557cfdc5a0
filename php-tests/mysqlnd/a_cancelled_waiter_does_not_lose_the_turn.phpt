--TEST--
Who is cancelled while waiting for a connection breaks nothing, and the turn goes on
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
Mariadb::skip('pdo_mysql');
?>
--INI--
error_log={TMP}/tusk-mysqlnd.log
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
$pdo = Mariadb::start()->pdo();
$a = go(fn () => $pdo->query('SELECT SLEEP(0.05), 1')->fetch(PDO::FETCH_NUM)[1]);
$b = go(fn () => $pdo->query('SELECT 2')->fetchColumn());
$c = go(fn () => $pdo->query('SELECT 3')->fetchColumn());
turns(2);
$b->cancel();
try {
    $b->join();
} catch (Tusk\CancelledException $e) {
    echo "cancelled\n";
}
echo $a->join(), ' ', $c->join(), ' ', $pdo->query('SELECT 4')->fetchColumn(), "\n";
?>
--EXPECT--
cancelled
1 3 4
