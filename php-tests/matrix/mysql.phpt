--TEST--
No call of the area "mysql" blocks, and each gives what plain PHP gives
--CONFLICTS--
all
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
Mariadb::skip('pdo_mysql', 'mysqli');
?>
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/harness/run.php';

putenv('TUSK_MYSQL=' . Mariadb::start()->port);
Tusk\Tests\Matrix\run_area(__DIR__ . '/rows/mysql.php');
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
