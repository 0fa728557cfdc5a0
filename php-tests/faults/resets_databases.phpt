--TEST--
A database that resets the connection gives what it gives in plain PHP, in every state
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

Tusk\Tests\Faults\databases();
Tusk\Tests\Faults\run_faults(__DIR__ . '/rows/resets_databases.php');
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
