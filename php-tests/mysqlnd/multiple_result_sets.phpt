--TEST--
Several result sets of one coroutine are not consumed by another one's statements
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
$pdo->exec('CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 2, SLEEP(0.005); SELECT 3; END');
$old = $pdo->query('SELECT 0');
$a = go(function () use ($pdo) {
    $s = $pdo->query('CALL two()');
    $seen = [];
    do {
        $seen[] = $s->fetchColumn();
        turns(3);
    } while ($s->nextRowset() && $s->columnCount());
    return $seen;
});
$b = go(function () use ($pdo, &$old) {
    turns(2);
    $old = null;
    return $pdo->query('SELECT 9')->fetchColumn();
});
echo json_encode([$a->join(), $b->join()]), "\n";
?>
--EXPECT--
[[1,2,3],9]
