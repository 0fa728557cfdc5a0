--TEST--
PostgreSQL: a connection that is kept for lastInsertId() is replaced when it was closed, and never within a transaction
--DESCRIPTION--
A transaction that was lost with its connection went on, without an error, on another one.
--SKIPIF--
<?php require __DIR__ . '/../include/postgres.inc'; Postgres::skip('pdo_pgsql');
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/postgres.inc';

use function Tusk\{go, run, sleep};

$db = Postgres::start();
run(function () use ($db) {
    $pdo = new Tusk\Pool\Pdo($db->dsn(), options: ['pool' => ['max' => 2, 'waitTimeout' => 30.0]]);
    $admin = $db->pdo();
    $admin->exec('CREATE TABLE t (id SERIAL PRIMARY KEY, v INT)');
    // Returns when the server's processes are gone, and with them their ends of the connections.
    $end = function () use ($admin) {
        $ended = $admin->query("SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
        foreach ($ended->fetchAll(PDO::FETCH_COLUMN) as $pid) {
            while (file_exists("/proc/$pid")) {
                sleep(0.001);
                clearstatcache();
            }
        }
    };
    $say = function (string $what, callable $do) {
        try {
            $result = $do();
            echo "$what: ", is_bool($result) ? var_export($result, true) : $result, "\n";
        } catch (PDOException $e) {
            echo "$what: PDOException\n";
        }
    };

    go(function () use ($pdo, $end, $say) {
        $pdo->exec('INSERT INTO t (v) VALUES (1)');
        $pdo->beginTransaction();
        $end();
        $say('an update in a transaction that was lost', fn () => $pdo->prepare('UPDATE t SET v = 666')->execute());
    })->join();
    $say('v', fn () => $admin->query('SELECT v FROM t')->fetchColumn());

    go(function () use ($pdo, $end, $say) {
        $pdo->exec('INSERT INTO t (v) VALUES (2)');
        $end();
        $say('a transaction after the kept one was closed', fn () => $pdo->beginTransaction());
        $pdo->exec('UPDATE t SET v = 3 WHERE v = 2');
        $say('committed', fn () => $pdo->commit());
    })->join();
    go(function () use ($pdo, $end, $say) {
        $pdo->exec('INSERT INTO t (v) VALUES (4)');
        $end();
        $say('rows copied after that', fn () => $pdo->pgsqlCopyFromArray('t', ["100\t5"]));
    })->join();
    go(function () use ($pdo, $end, $say) {
        $pdo->exec('INSERT INTO t (v) VALUES (6)');
        $end();
        $say('a statement after that', fn () => $pdo->exec('UPDATE t SET v = 7 WHERE v = 6'));
    })->join();
    go(function () use ($pdo, $say) {
        $pdo->exec('INSERT INTO t (v) VALUES (8)');
        $pdo->quote('it');
        go(fn () => $pdo->exec('INSERT INTO t (v) VALUES (9)'))->join();
        $say('own id after quote() and somebody else\'s', fn () => $pdo->lastInsertId() === $pdo->query('SELECT id FROM t WHERE v = 8')->fetchColumn() . '');
        $say('lent', fn () => $pdo->stats()['leased']);
    })->join();
    $say('v', fn () => implode(' ', $admin->query('SELECT v FROM t ORDER BY v')->fetchAll(PDO::FETCH_COLUMN)));
});
?>
--EXPECT--
an update in a transaction that was lost: PDOException
v: 1
a transaction after the kept one was closed: true
committed: true
rows copied after that: true
a statement after that: 1
own id after quote() and somebody else's: true
lent: 0
v: 1 3 4 5 7 8 9
