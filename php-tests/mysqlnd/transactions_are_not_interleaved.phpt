--TEST--
Statements of other coroutines wait for the end of a transaction
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
$pdo->exec('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, who VARCHAR(10)) ENGINE=InnoDB');
function transfer(PDO $pdo, string $who, bool $commit): void
{
    $pdo->beginTransaction();
    for ($i = 0; $i < 3; $i++) {
        $pdo->exec("INSERT INTO t (who) VALUES ('$who')");
        turns(3);
    }
    $commit ? $pdo->commit() : $pdo->rollBack();
}
$all = [
    go(fn () => transfer($pdo, 'a', true)),
    go(fn () => transfer($pdo, 'b', false)),
    go(fn () => transfer($pdo, 'c', true)),
    go(function () use ($pdo) {
        turns(2);
        var_dump($pdo->inTransaction());
        $pdo->exec("INSERT INTO t (who) VALUES ('single')");
    }),
    go(function () use ($pdo) {
        turns(2);
        try {
            $pdo->commit();
        } catch (PDOException $e) {
            echo $e->getMessage(), "\n";
        }
    }),
];
foreach ($all as $c) {
    $c->join();
}
$rows = $pdo->query('SELECT who FROM t ORDER BY id')->fetchAll(PDO::FETCH_COLUMN);
echo preg_replace('/(\w+)( \1)+/', '$1', implode(' ', $rows)), ' ', count($rows), "\n";
?>
--EXPECT--
bool(false)
There is no active transaction
a c single 7
