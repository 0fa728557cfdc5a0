--TEST--
A fork while a call waits gives parent and child what they asked for
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/postgres.inc';
Mariadb::skip('pdo_mysql', 'mysqli');
Postgres::skip('pgsql', 'pdo_pgsql');
?>
--FILE--
<?php
require __DIR__ . '/harness/faults.php';
require __DIR__ . '/harness/servers.php';

Tusk\Tests\Faults\web();
Tusk\Tests\Faults\databases();
Tusk\Tests\Faults\run_faults(__DIR__ . '/rows/forks.php');
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
