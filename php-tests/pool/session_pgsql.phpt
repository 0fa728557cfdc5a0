--TEST--
PostgreSQL: what changes a session is undone when its coroutine ends, what was set when connecting stays
--DESCRIPTION--
php-async#203: state of one coroutine's session was seen by the next that got its connection.
--SKIPIF--
<?php require __DIR__ . '/../include/postgres.inc'; Postgres::skip('pdo_pgsql');
--FILE--
<?php
require __DIR__ . '/session.inc';
require __DIR__ . '/../include/postgres.inc';
$db = Postgres::start();
$db->pdo()->exec('CREATE SCHEMA app; CREATE TABLE app.plain (n INT); CREATE ROLE clerk');
$state = "SELECT concat_ws(' ', pg_backend_pid(), current_setting('search_path'), current_setting('TimeZone'), current_setting('statement_timeout'), "
    . "current_setting('work_mem'), nullif(current_setting('app.tenant', true), ''), current_user, (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'), "
    . "(SELECT count(*) FROM pg_listening_channels()), (SELECT count(*) FROM pg_cursors), (SELECT count(*) FROM pg_prepared_statements WHERE name = 'mine'), "
    . "(SELECT count(*) FROM pg_class WHERE relname = 'scratch'), current_setting('default_transaction_read_only'))";
$cases = [
    'one setting' => ["SET search_path = pg_catalog, 'x'"],
    'several' => ["SET SESSION statement_timeout = '7s'", "SET work_mem = '5MB'", "SET TIME ZONE 'Asia/Tokyo'"],
    'by function' => ["SELECT set_config('statement_timeout', '5000', false)"],
    'reset' => ['RESET search_path'],
    'own setting' => ["SET app.tenant = 'other'"],
    'characteristics' => ['SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY'],
    'temporary' => ['CREATE TEMP TABLE scratch (m INT)'],
    'into' => ['SELECT 1 AS m INTO TEMPORARY scratch'],
    'named lock' => ['SELECT pg_advisory_lock(7)', 'SELECT pg_try_advisory_lock_shared(8)'],
    'listening' => ['LISTEN news'],
    'cursor' => ['BEGIN', 'DECLARE c CURSOR WITH HOLD FOR SELECT 1', 'COMMIT'],
    'prepared' => ['PREPARE mine AS SELECT 1'],
    'transaction' => ['BEGIN', 'INSERT INTO plain VALUES (9)', 'SET search_path = public'],
    'schema, encoding' => ["SET SCHEMA 'public'", "SET NAMES 'LATIN1'"],
    'comment' => ['/* by hand */ SET search_path = public', "-- and\n SET work_mem = '9MB'"],
    'nothing' => ['SET LOCAL search_path = public', "UPDATE plain SET n = 2 WHERE n = length('SET')"],
    'of a transaction' => ['SELECT pg_advisory_xact_lock(9)'],
];
$works = ['INSERT INTO plain (n) VALUES (1)', 'DELETE FROM plain'];
Tusk\run(function () use ($db, $state, $cases, $works) {
    $connect = function () use ($db) {
        $pdo = $db->pdo();
        $pdo->exec("SET search_path = app, public; SET TIME ZONE 'Europe/Berlin'; SET statement_timeout = '50s'; SET app.tenant = 'it''s'");
        return $pdo;
    };
    undone('pgsql:', $connect, $state, $cases, $works);
    renewed('pgsql:', $connect, [
        'role' => ['SET ROLE clerk'],
        'statements discarded' => ['DEALLOCATE ALL'],
        'a name made up' => ["SELECT set_config('work' || '_mem', '6MB', false)"],
        'reset all' => ['RESET ALL'],
        'a semicolon in a text' => ["SET search_path = 'a;b'"],
        'several at once' => ["SELECT 1; SET search_path = public"],
    ]);
    // Without settings of whoever connected, there is nothing to remember.
    $pdo = new Tusk\Pool\Pdo($db->dsn(), options: ['pool' => ['max' => 1, 'waitTimeout' => 30.0]]);
    $look = fn () => $pdo->query($state)->fetchColumn();
    $before = $look();
    foreach (['SET ROLE clerk', 'RESET ALL', "SELECT set_config('work' || '_mem', '6MB', false)", 'SELECT 1; SET search_path = y; LISTEN a', "SET search_path = x", "SET app.tenant = 'a'"] as $sql) {
        changed($pdo, [$sql]);
        settled($pdo);
        echo $look() === $before ? 'as before' : 'changed: ' . $look(), "\n";
    }
    echo $pdo->stats()['created'], " connection\n";
});
?>
--EXPECT--
one setting: as before
several: as before
by function: as before
reset: as before
own setting: as before
characteristics: as before
temporary: as before
into: as before
named lock: as before
listening: as before
cursor: as before
prepared: as before
transaction: as before
schema, encoding: as before
comment: as before
nothing: as before, not kept
of a transaction: as before, not kept
1 connection
role: renewed
statements discarded: renewed
a name made up: renewed
reset all: renewed
a semicolon in a text: renewed
several at once: renewed
as before
as before
as before
as before
as before
as before
1 connection
