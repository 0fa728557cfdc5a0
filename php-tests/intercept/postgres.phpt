--TEST--
libpq waits in its coroutine: connect, query, prepared statements, async queries, copy, errors
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip('pdo_pgsql', 'pgsql', 'posix');
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;
use function Tusk\Tests\overlap;

$server = Postgres::start();

$watch = $server->pdo();
echo 'PDO: ', implode(' ', each_of(8, fn(int $i) => $server->pdo()->query("select $i + 0 from pg_sleep(0.01)")->fetchColumn())), "\n";

// One holds a lock that another waits for: without a switch inside libpq this never ends.
$holder = $server->pdo();
$waiter = $server->pdo();
$holder->query('select pg_advisory_lock(2)');
overlap('PDO query', fn() => $waiter->query('select 1 from (select pg_advisory_lock(2)) as l')->fetchColumn(),
    fn() => $holder->query('select pg_advisory_unlock(2)'));

$a = pg_connect($server->text(), PGSQL_CONNECT_FORCE_NEW);
$b = pg_connect($server->text(), PGSQL_CONNECT_FORCE_NEW);
$lock = fn($connection) => pg_query($connection, 'select pg_advisory_lock(3)');
$unlock = fn($connection) => pg_query($connection, 'select pg_advisory_unlock(3)');
$lock($a);
overlap('pg_query', fn() => pg_fetch_result(pg_query($b, 'select 5 from (select pg_advisory_lock(3)) as l'), 0, 0), fn() => $unlock($a));
overlap('pg_query_params', fn() => pg_fetch_result(pg_query_params($a, 'select $1::int from (select pg_advisory_lock(3)) as l', [6]), 0, 0),
    fn() => $unlock($b));
pg_prepare($b, 'wait', 'select $1::int from (select pg_advisory_lock(3)) as l');
overlap('pg_execute', fn() => pg_fetch_result(pg_execute($b, 'wait', [7]), 0, 0), fn() => $unlock($a));
pg_send_query($a, 'select 8 from (select pg_advisory_lock(3)) as l');
overlap('pg_get_result', fn() => pg_fetch_result(pg_get_result($a), 0, 0), fn() => $unlock($b));
var_dump(pg_get_result($a));
$unlock($a);

overlap('pg_connect', fn() => pg_connection_status(pg_connect($server->text(), PGSQL_CONNECT_FORCE_NEW)) === PGSQL_CONNECTION_OK);
overlap('PDO connect', fn() => $server->pdo()->query('select 9')->fetchColumn());

pg_query($a, 'create table copied (n int, t text)');
$rows = array_map(fn($n) => "$n\tline $n\n", range(1, 2000));
overlap('pg_copy_from', fn() => pg_copy_from($a, 'copied', $rows));
overlap('pg_copy_to', fn() => pg_copy_to($a, '(select n, t from copied, pg_sleep(0.01) order by n)') === $rows);
overlap('pgsqlCopyToArray', fn() => $watch->pgsqlCopyToArray('(select n, t from copied, pg_sleep(0.01) order by n)') === $rows);

// Errors are those of PHP alone, in words and codes.
echo implode(array_unique(each_of(2, function () use ($watch) {
    try {
        $watch->query('select nonsense');
    } catch (PDOException $e) {
        return get_class($e) . " {$e->getCode()} " . strtok($e->getMessage(), "\n") . "\n";
    }
})));
Tusk\run(function () use ($a) {
    Tusk\go(fn() => null);
    var_dump(@pg_query($a, 'select nonsense'));
    echo strtok(error_get_last()['message'], "\n"), "\n";
});
?>
--EXPECT--
PDO: 0 1 2 3 4 5 6 7
PDO query: before other after, 1
pg_query: before other after, "5"
pg_query_params: before other after, "6"
pg_execute: before other after, "7"
pg_get_result: before other after, "8"
bool(false)
pg_connect: before other after, true
PDO connect: before other after, 9
pg_copy_from: before other after, true
pg_copy_to: before other after, true
pgsqlCopyToArray: before other after, true
PDOException 42703 SQLSTATE[42703]: Undefined column: 7 ERROR:  column "nonsense" does not exist
bool(false)
pg_query(): Query failed: ERROR:  column "nonsense" does not exist
