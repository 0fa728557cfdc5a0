--TEST--
Tusk\Pool\Pdo on Mariadb: drop-in, a connection for a statement or a transaction, clean sessions
--SKIPIF--
<?php require __DIR__ . '/../include/mariadb.inc'; Mariadb::skip('pdo_mysql');
--FILE--
<?php
require __DIR__ . '/pdo.inc';
require __DIR__ . '/../include/mariadb.inc';
$db = Mariadb::start();
[$dsn, $user] = [$db->dsn(), 'root'];

Tusk\run(fn () => drop_in('INT AUTO_INCREMENT'));
Tusk\run(fn () => not_held());
Tusk\run(fn () => transactions('CONNECTION_ID()'));
Tusk\run(fn () => session_state("SET SESSION sql_mode = 'ANSI_QUOTES'", 'SELECT @@sql_mode', 'CONNECTION_ID()'));
Tusk\run(fn () => cancelled('SELECT SLEEP(100)'));
?>
--EXPECT--
bool(true)
1 row, id 1
1 row, id 2
1 row, id 3
0 lent
a PDOStatement, 0 lent after prepare
1 lent with rows to fetch
{"id":2,"name":"b","n":1}[3,"c",2]
0 lent after the last row
bool(false)
[{"id":3,"name":"c","n":2}] 3 columns
"a" 1 lent
0 lent after it was let go of
abc
b quoted
SQLSTATE the same
bool(false)
bool(false)
bool(true)
0 lent
400 1 connection, shared
12 sessions, 8 rows, 0 lent
0 rows of the lost, 0 lent
set, temporary table has 7, 1 lent
fresh again
no scratch
cancelled: Tusk\CancelledException: the coroutine was cancelled
the next: 42
1 closed
