--TEST--
Servers are killed and restarted, connections cut, held and halved, coroutines cancelled, all under load, on Postgres: every request ends by its deadline
--DESCRIPTION--
TUSK_SEED replays a run. Eight seconds; bin/test has half a minute of it and bin/test --long ten
minutes, by php-tests/pool/faults.php. libpq itself writes to stderr what a server that goes says to a connection
that is being made.
--CONFLICTS--
all
--EXTENSIONS--
posix
sockets
--SKIPIF--
<?php require __DIR__ . '/../include/postgres.inc'; Postgres::skip('pdo_pgsql');
--FILE--
<?php
require __DIR__ . '/../include/pool_chaos.inc';
Tusk\Tests\pool_chaos('pgsql', 8, (int) (getenv('TUSK_SEED') ?: random_int(1, 1 << 30)));
?>
--EXPECTREGEX--
(?:(?:WARNING|DETAIL|HINT):[^\n]*\n)*full again
0 executed twice, 0 wrong answers, 0 beyond the deadline, 0 leased, 0 waiting, 0 creating
every request ended
under load
