--TEST--
Waiting for a shared connection is logged once, with both places
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
Mariadb::skip('pdo_mysql');
?>
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
use function Tusk\go;
$log = __DIR__ . '/the_log_says_once.tmp.log';
@unlink($log);
ini_set('error_log', $log);
$pdo = Mariadb::start()->pdo();
$all = [];
for ($i = 0; $i < 4; $i++) {
    $all[] = go(function () use ($pdo) {
        $pdo->query('SELECT SLEEP(0.01)')->fetchAll();
        $pdo->query('SELECT 1')->fetchAll();
    });
}
foreach ($all as $c) {
    $c->join();
}
echo preg_replace(['~^\[[^]]*\] ~m', '~\S*/([^/ ]+\.php)~'], ['', '$1'], file_get_contents($log));
?>
--CLEAN--
<?php
@unlink(__DIR__ . '/the_log_says_once.tmp.log');
?>
--EXPECT--
Tusk: two coroutines use one MySQL connection: the_log_says_once_where_both_are.php:11 waits until the one at the_log_says_once_where_both_are.php:11 is done. This is safe and slow; a connection for each coroutine, as from a pool, is not waited for.
