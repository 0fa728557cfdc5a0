--TEST--
MySQL: what changes a session is undone when its coroutine ends, and the connection stays
--DESCRIPTION--
php-async#203: state of one coroutine's session was seen by the next that got its connection.
--SKIPIF--
<?php require __DIR__ . '/../include/mariadb.inc'; Mariadb::skip('pdo_mysql');
--FILE--
<?php
require __DIR__ . '/session.inc';
require __DIR__ . '/../include/mariadb.inc';
$db = Mariadb::start();
$db->pdo()->exec('CREATE DATABASE other; CREATE TABLE test.plain (n INT)');
// What was set when connecting is to stay.
$connect = function () use ($db) {
    $pdo = $db->pdo();
    $pdo->exec("SET SESSION sql_mode = 'ANSI_QUOTES', @who = 'app', time_zone = '+03:00'");
    return $pdo;
};
$state = "SELECT CONCAT_WS(' ', CONNECTION_ID(), @@sql_mode, @@time_zone, @@autocommit, @@tx_isolation, @@tx_read_only, @@max_statement_time, "
    . "@@foreign_key_checks, @@group_concat_max_len, @@character_set_client, @@character_set_results, @@collation_connection, @@timestamp > 1000, "
    . "DATABASE(), @who, IFNULL(@a, 'none'), IFNULL(@b, 'none'), IFNULL(IS_USED_LOCK('held'), 'free'))";
Tusk\run(function () use ($connect, $state) {
    undone('mysql:', $connect, $state, [
        'one variable' => ["SET sql_mode = 'STRICT_ALL_TABLES'"],
        'twice' => ["SET sql_mode = ''", "SET @@session.sql_mode = 'PIPES_AS_CONCAT'", 'SET LOCAL sql_mode = DEFAULT'],
        'several' => ["SET @a = 'x, y', SESSION foreign_key_checks = 0, @@max_statement_time := 2.5, @b = CONCAT('(', @a, ','), time_zone = '-01:00'"],
        'of kinds' => ['SET group_concat_max_len = 17, autocommit = 0'],
        'user variable' => ["SET @who = 'me', @a = 3"],
        'assigned' => ['SELECT @a := 5, @b := @a + 1'],
        'into' => ['SELECT 1, 2 INTO @a, @b'],
        'names' => ['SET NAMES latin1'],
        'character set' => ['SET CHARACTER SET latin2'],
        'timestamp' => ['SET timestamp = 17'],
        'isolation' => ['SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY'],
        'next transaction' => ['SET TRANSACTION READ ONLY'],
        'used transaction' => ['SET TRANSACTION READ ONLY', 'START TRANSACTION', 'COMMIT'],
        'database' => ['USE other'],
        'temporary' => ['CREATE TEMPORARY TABLE plain (m INT)', 'INSERT INTO plain VALUES (1)'],
        'in databases' => ['USE other', 'CREATE TEMPORARY TABLE IF NOT EXISTS scratch (m INT)', 'USE test', 'CREATE TEMPORARY TABLE `other`.`plain` (m INT)'],
        'tables locked' => ['LOCK TABLES plain WRITE'],
        'flushed' => ['FLUSH TABLES plain WITH READ LOCK'],
        'named lock' => ["SELECT GET_LOCK('held', 1)", "SELECT GET_LOCK('held too', 1)"],
        'prepared' => ["PREPARE p FROM 'SELECT 1'", 'EXECUTE p'],
        'transaction' => ['BEGIN', 'INSERT INTO plain VALUES (9)', "SET sql_mode = ''"],
        'comment' => ["/* by hand */ SET sql_mode = ''", "-- and\n SET time_zone = '+01:00'"],
        'nothing' => ['SET GLOBAL max_connections = 2000', "UPDATE plain SET n = 2 WHERE n = 'SET'", 'SET STATEMENT max_statement_time = 3 FOR SELECT 1'],
    ], ['INSERT INTO plain (n) VALUES (1)', 'DELETE FROM plain']);
    // What cannot be undone costs the connection.
    renewed('mysql:', $connect, [
        'several at once' => ["SET @a = 1; SET sql_mode = ''"],
        'handler' => ['HANDLER plain OPEN'],
        'role' => ['SET ROLE NONE'],
        'renamed' => ['CREATE TEMPORARY TABLE t (m INT)', 'ALTER TABLE t RENAME TO u'],
        'for MySQL only' => ["/*!40101 SET sql_mode = '' */"],
        'dropped by hand' => ["PREPARE p FROM 'SELECT 1'", 'DEALLOCATE PREPARE p'],
    ]);
});
?>
--EXPECT--
one variable: as before
twice: as before
several: as before
of kinds: as before
user variable: as before
assigned: as before
into: as before
names: as before
character set: as before
timestamp: as before
isolation: as before
next transaction: as before
used transaction: as before
database: as before
temporary: as before
in databases: as before
tables locked: as before
flushed: as before
named lock: as before
prepared: as before
transaction: as before
comment: as before
nothing: as before, not kept
1 connection
several at once: renewed
handler: renewed
role: renewed
renamed: renewed
for MySQL only: renewed
dropped by hand: renewed
