--TEST--
The end of a coroutine gives its connection back, also with an exception
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
$start = hrtime(true);
$a = go(function () use ($pdo) {
    $pdo->beginTransaction();
    $pdo->query('SELECT 1')->fetchAll();
    turns(5);
    throw new LogicException('left open');
});
$b = go(function () use ($pdo) {
    turns(1);
    return $pdo->query('SELECT 2')->fetchColumn();
});
try {
    $a->join();
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
echo $b->join(), "\n";
var_dump(hrtime(true) - $start < 5e9);
?>
--EXPECT--
left open
2
bool(true)
