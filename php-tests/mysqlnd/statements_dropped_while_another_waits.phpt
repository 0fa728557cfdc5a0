--TEST--
Prepared statements dropped while the connection is in use are closed on the server afterwards
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
$pdo = $server->pdo([PDO::ATTR_EMULATE_PREPARES => false]);
$count = fn () => (int) $pdo->query("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'")->fetch(PDO::FETCH_NUM)[1];
$statements = [];
for ($i = 0; $i < 20; $i++) {
    $statements[] = $statement = $pdo->prepare("SELECT ? + $i");
    $statement->execute([1]);
    $statement->fetchAll();
}
unset($statement);
$prepared = $count();
$a = go(fn () => $pdo->query('SELECT SLEEP(0.3), 4')->fetch(PDO::FETCH_NUM)[1]);
$watcher = $server->pdo();
go(function () use (&$statements, $watcher) {
    while (!$watcher->query("SELECT 1 FROM information_schema.processlist WHERE state = 'User sleep'")->fetchColumn()) {
        turns(1);
    }
    $statements = [];
})->join();
echo $a->join(), "\n";
var_dump($prepared - $count() === 20);
?>
--EXPECT--
4
bool(true)
