--TEST--
ODBC with PostgreSQL's driver: types, LOBs, NULLs, charsets, transactions, timeouts
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_driver('PostgreSQL Unicode'); Postgres::skip('pdo_pgsql'); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';
require __DIR__ . '/drivers.inc';

check_database(Tusk\Tests\postgres_dsn(Postgres::start()->port) . ';ByteaAsLongVarBinary=1', ['text' => 'TEXT', 'blob' => 'BYTEA', 'sleep' => 'SELECT pg_sleep(60)']);
?>
--EXPECTF--
1
1
1
[1,"O'Brien 达梦 🐘","-1234567.50",0.5,"2026-02-28"]
bool(true)
bool(true)
[2,null,null,null,null,null,null]
["",""]
[1]
0 2
5 letters of SQLSTATE
a second one with its key is refused
6 inside, 5 after
1 0
Tusk\TimeoutException(0): %s did not end within 0.2 s; it was sent, is being cancelled, and may have been executed
in time
1
each its own
few named
