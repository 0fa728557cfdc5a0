--TEST--
Transactions: pinned to the coroutine, committed, rolled back, nested; sessions are put back in order
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
use Tusk\Pool\Postgres as Pool;

$server = Postgres::start();
$db = Pool::connect($server->address(), max: 2);
$db->execute('CREATE TABLE t (id int)');
$ids = fn () => implode(',', $db->query('SELECT id FROM t ORDER BY id')->fetchColumn());
$says = function (callable $callable): void {
    try {
        var_dump($callable());
    } catch (Throwable $error) {
        echo $error::class, ': ', $error->getMessage(), "\n";
    }
};

// What returns is committed; others do not see it before.
$go = new Tusk\Channel(1);
$seen = new Tusk\Channel(1);
$reader = Tusk\go(function () use ($go, $seen, $ids): void {
    $go->receive();
    $seen->send($ids());
});
var_dump($db->transaction(function (Pool $inside) use ($db, $go, $seen): string {
    $inside->execute('INSERT INTO t VALUES (1)');
    $db->execute('INSERT INTO t VALUES (2)');
    var_dump($db->inTransaction());
    $go->send(true);
    return 'others saw "' . $seen->receive() . '", I ' . $db->query('SELECT count(*) FROM t')->fetchValue();
}));
$reader->join();
var_dump($db->inTransaction(), $ids());

// What throws is rolled back.
$says(fn () => $db->transaction(function () use ($db): void {
    $db->execute('INSERT INTO t VALUES (3)');
    throw new LogicException('no');
}));
var_dump($ids());

// A savepoint inside.
$db->transaction(function () use ($db, $says): void {
    $db->execute('INSERT INTO t VALUES (4)');
    $says(fn () => $db->transaction(function () use ($db): void {
        $db->execute('INSERT INTO t VALUES (5)');
        $db->query('SELECT 1/0');
    }));
    $db->transaction(fn () => $db->execute('INSERT INTO t VALUES (6)'));
});
var_dump($ids());

// A failure that was swallowed is not called a commit.
$says(fn () => $db->transaction(function () use ($db): void {
    $db->execute('INSERT INTO t VALUES (7)');
    try {
        $db->query('SELECT 1/0');
    } catch (Tusk\RemoteException) {
    }
}));
var_dump($ids());
$says(fn () => $db->transaction(fn () => $db->query('SHOW transaction_isolation')->fetchValue(), 'ISOLATION LEVEL SERIALIZABLE, READ ONLY'));
$says(fn () => $db->transaction(fn () => 1, 'x; DROP TABLE t'));
$says(fn () => $db->query('BEGIN'));
$says(fn () => $db->query('/* hidden */ commit'));
$says(fn () => $db->query('SET search_path = x'));
$says(fn () => $db->query('COPY t TO STDOUT'));

// What a transaction leaves in its session is gone for the next.
for ($round = 0; $round < 2; $round++) {
    $db->transaction(function () use ($db): void {
        $db->query("SET application_name = 'changed'");
        $db->query('CREATE TEMP TABLE own (a int)');
    });
}
$names = [];
Tusk\parallel(array_fill(0, 4, function () use ($db, &$names): void {
    $db->transaction(function () use ($db, &$names): void {
        $names[] = $db->query('SHOW application_name')->fetchValue();
        $names[] = $db->query("SELECT to_regclass('pg_temp.own')")->fetchValue();
    });
}));
echo json_encode(array_values(array_unique($names))), "\n";

// A coroutine that is cancelled inside gives the connection back, rolled back.
$started = new Tusk\Channel(1);
$victim = Tusk\go(function () use ($db, $started): void {
    $db->transaction(function () use ($db, $started): void {
        $db->execute('INSERT INTO t VALUES (8)');
        $started->send(true);
        $db->query('SELECT pg_sleep(60)');
    });
});
$started->receive();
$victim->cancel();
$says(fn () => $victim->join());
// Both connections can be had at once again.
$both = new Tusk\Barrier(2);
Tusk\parallel(array_fill(0, 2, fn () => $db->transaction(function () use ($db, $both): void {
    $db->query('SELECT 1');
    $both->wait(10.0);
})));
var_dump($ids(), $db->stats()['leased']);
?>
--EXPECT--
bool(true)
string(18) "others saw "", I 2"
bool(false)
string(3) "1,2"
LogicException: no
string(3) "1,2"
Tusk\RemoteException: SQLSTATE[22012]: division by zero
string(7) "1,2,4,6"
Tusk\RemoteException: SQLSTATE[25P02]: the transaction was rolled back instead of committed, because a statement in it had failed; HINT: let the exception pass, or put what may fail into a transaction() inside
string(7) "1,2,4,6"
string(12) "serializable"
ValueError: Tusk\Pool\Postgres::transaction(): Argument #2 ($mode) must be transaction modes, such as "ISOLATION LEVEL SERIALIZABLE, READ ONLY"
Tusk\MisuseError: BEGIN, COMMIT, ROLLBACK and SAVEPOINT are the pool's: call transaction(), inside another one for a savepoint; throw to roll back
Tusk\MisuseError: BEGIN, COMMIT, ROLLBACK and SAVEPOINT are the pool's: call transaction(), inside another one for a savepoint; throw to roll back
Tusk\MisuseError: this changes the session (SET, LISTEN, PREPARE, a temporary table, a session lock), and other coroutines share its connection; do it inside transaction(), which puts the session back in order afterwards, give settings for all to connect() as options, or call listen()
Tusk\MisuseError: COPY is done by copyIn() and copyOut()
["tusk",null]
Tusk\CancelledException: the coroutine was cancelled
string(7) "1,2,4,6"
int(0)
