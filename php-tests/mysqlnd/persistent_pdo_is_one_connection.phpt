--TEST--
Two persistent PDO objects on one connection are one handle
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
$server = Mariadb::start();
$make = fn () => $server->pdo([PDO::ATTR_PERSISTENT => true]);
$same = $make()->query('SELECT CONNECTION_ID()')->fetchColumn() === $make()->query('SELECT CONNECTION_ID()')->fetchColumn();
var_dump($same);
$all = [];
for ($i = 0; $i < 10; $i++) {
    $all[$i] = go(function () use ($make, $i) {
        $pdo = $make();
        $pdo->beginTransaction();
        $n = $pdo->query("SELECT $i, SLEEP(0.001)")->fetchColumn();
        $pdo->commit();
        return (int) $n === $i;
    });
}
echo count(array_filter(array_map(fn ($c) => $c->join(), $all))), " right\n";
?>
--EXPECT--
bool(true)
10 right
