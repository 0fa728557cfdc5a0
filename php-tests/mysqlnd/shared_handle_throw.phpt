--TEST--
tusk.shared_handle=throw: a second user is told at once
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
Mariadb::skip('pdo_mysql');
?>
--INI--
tusk.shared_handle=throw
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
$pdo = Mariadb::start()->pdo();
$a = go(fn () => $pdo->query('SELECT SLEEP(0.01), 7')->fetch(PDO::FETCH_NUM)[1]);
$b = go(function () use ($pdo) {
    turns(1);
    try {
        return $pdo->query('SELECT 1');
    } catch (Tusk\MisuseError $e) {
        return preg_replace('~\S*/([^/ ]+\.php:\d+)~', '$1', $e->getMessage());
    }
});
echo $b->join(), "\n", $a->join(), "\n", $pdo->query('SELECT 3')->fetchColumn(), "\n";
?>
--EXPECT--
This MySQL connection is used by another coroutine (at shared_handle_throw.php:6). Use one connection for each coroutine.
7
3
