--TEST--
No call of the area "postgres" blocks, and each gives what plain PHP gives
--CONFLICTS--
all
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip('pdo_pgsql', 'pgsql', 'posix');
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/harness/run.php';

putenv('TUSK_PG=' . Postgres::start()->port);
Tusk\Tests\Matrix\run_area(__DIR__ . '/rows/postgres.php');
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
