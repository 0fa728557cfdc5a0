--TEST--
Timeouts end in time, what runs is cancelled, its slot is free, and nobody else is hit
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
$db = Pool::connect($server->address(), max: 1);
$says = function (callable $callable): void {
    try {
        var_dump($callable());
    } catch (Throwable $error) {
        echo $error::class, ': ', $error->getMessage(), "\n";
    }
};
$begun = hrtime(true);
$says(fn () => $db->query('SELECT pg_sleep(60)', [], 0.5));
var_dump(hrtime(true) - $begun < 20e9);
// The same connection, and the slot is free.
var_dump($db->query('SELECT 1', [], 30.0)->fetchValue(), $db->stats()['connects'], $db->stats()['cancels']);

// One that waits behind a slow one is not executed, or says so.
$db->execute('CREATE TABLE t (id int)');
$slow = Tusk\go(fn () => $db->query('SELECT pg_sleep(60)', [], 0.3));
Tusk\sleep(0);
$others = [];
for ($i = 0; $i < 10; $i++) {
    $others[] = Tusk\go(fn () => $db->query('SELECT $1::int', [$i], 30.0)->fetchValue());
}
$says(fn () => $slow->join());
echo implode(',', array_map(fn ($other) => $other->join(), $others)), "\n";

// Cancelled coroutines.
$victim = Tusk\go(fn () => $db->query('SELECT pg_sleep(60)'));
Tusk\sleep(0.05);
$victim->cancel();
$says(fn () => $victim->join());
var_dump($db->query('SELECT 2', [], 30.0)->fetchValue());

// In a transaction: it is rolled back, and the connection is good.
$says(fn () => $db->transaction(function () use ($db): void {
    $db->execute('INSERT INTO t VALUES (1)');
    $db->query('SELECT pg_sleep(60)', [], 0.5);
}));
var_dump($db->query('SELECT count(*) FROM t', [], 30.0)->fetchValue(), $db->stats()['connects']);
// A transaction that catches it goes on to be told.
$says(fn () => $db->transaction(function () use ($db): void {
    try {
        $db->query('SELECT pg_sleep(60)', [], 0.5);
    } catch (Tusk\TimeoutException) {
    }
    $db->query('SELECT 1', [], 30.0);
}));
// Waiting for a connection that somebody has.
$has = new Tusk\Channel(1);
$ends = new Tusk\Channel(1);
$holder = Tusk\go(fn () => $db->transaction(function () use ($has, $ends): void {
    $has->send(true);
    $ends->receive();
}));
$has->receive();
$says(fn () => $db->query('SELECT 1', [], 0.05));
$says(fn () => $db->transaction(fn () => 1, timeout: 0.05));
$ends->send(true);
$holder->join();
var_dump($db->query('SELECT 3', [], 30.0)->fetchValue());
$stats = $db->stats();
var_dump($stats['in_flight'], $stats['queued'], $stats['leased'], $stats['lost']);
?>
--EXPECT--
Tusk\TimeoutException: "SELECT pg_sleep(60)" did not end within 0.5 s; it was sent, is being cancelled, and may have been executed
bool(true)
int(1)
int(1)
int(1)
Tusk\TimeoutException: "SELECT pg_sleep(60)" did not end within 0.3 s; it was sent, is being cancelled, and may have been executed
0,1,2,3,4,5,6,7,8,9
Tusk\CancelledException: the coroutine was cancelled
int(2)
Tusk\TimeoutException: "SELECT pg_sleep(60)" did not end within 0.5 s; it was sent, is being cancelled, and may have been executed
int(0)
int(1)
Tusk\RemoteException: SQLSTATE[25P02]: current transaction is aborted, commands ignored until end of transaction block
Tusk\TimeoutException: "SELECT 1" did not end within 0.05 s; it was not executed: no connection was free for it in time
Tusk\TimeoutException: transaction() did not end within 0.05 s; it was not executed: no connection was free for it in time
int(3)
int(0)
int(0)
int(0)
int(0)
