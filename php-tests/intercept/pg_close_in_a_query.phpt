--TEST--
pg_close() waits for the coroutine that is in the connection; who comes later is told that it is closed
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip('pgsql');
?>
--ENV--
USE_ZEND_ALLOC=0
MALLOC_PERTURB_=165
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
use function Tusk\go;

$server = Postgres::start();
$db = pg_connect($server->text(), PGSQL_CONNECT_FORCE_NEW);
$in = go(static fn () => pg_fetch_result(pg_query($db, 'select 7 from pg_sleep(0.1)'), 0, 0));
$closes = go(static function () use ($db): bool {
    usleep(20_000);
    return pg_close($db);
});
$late = go(static function () use ($db): string {
    usleep(40_000);
    try {
        return pg_fetch_result(pg_query($db, 'select 8'), 0, 0);
    } catch (Error $e) {
        return $e->getMessage();
    }
});
var_dump($in->join(), $closes->join(), $late->join());
// Its memory may be the next one's.
$next = pg_connect($server->text(), PGSQL_CONNECT_FORCE_NEW);
var_dump(go(static fn () => pg_fetch_result(pg_query($next, 'select 9'), 0, 0))->join());
?>
--EXPECT--
string(1) "7"
bool(true)
string(45) "PostgreSQL connection has already been closed"
string(1) "9"
