--TEST--
A persistent connection that several coroutines ask for at once is opened once
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/postgres.inc';
Mariadb::skip('pdo_mysql');
Postgres::skip('pdo_pgsql', 'pgsql');
?>
--INI--
error_log={TMP}/tusk-persistent.log
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;

$mariadb = Mariadb::start();
$postgres = Postgres::start();
$options = [PDO::ATTR_PERSISTENT => true];
$kinds = [
    'PDO mysql' => static fn (): mixed => $mariadb->pdo($options)->query('select connection_id()')->fetchColumn(),
    'PDO pgsql' => static fn (): mixed => (new PDO("pgsql:host=127.0.0.1;port=$postgres->port;dbname=postgres", 'test', '', $options))
        ->query('select pg_backend_pid()')->fetchColumn(),
    'pg_pconnect' => static fn (): mixed => pg_fetch_row(pg_query(pg_pconnect($postgres->text()), 'select pg_backend_pid()'))[0],
];
foreach ($kinds as $name => $connection) {
    echo "$name: ", count(array_unique(each_of(8, $connection))), "\n";
}
?>
--EXPECT--
PDO mysql: 1
PDO pgsql: 1
pg_pconnect: 1
