--TEST--
LISTEN and NOTIFY: many listeners, timeouts, a lost connection is told and listened to again
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
$one = $db->listen('news');
$two = $db->listen('news');
$odd = $db->listen('we"ird');
$db->query("SELECT pg_notify('news', 'first')");
$db->query('SELECT pg_notify($1, $2)', ['we"ird', 'payload']);
foreach ([$one, $two, $odd] as $listener) {
    $got = $listener->receive(30.0);
    echo $got['channel'], ' ', $got['payload'], ' ', is_int($got['pid']) ? 'pid' : '', "\n";
}
try {
    $one->receive(0.01);
} catch (Tusk\TimeoutException $error) {
    echo $error->getMessage(), "\n";
}
// One that waits is woken.
$waiter = Tusk\go(fn () => $two->receive(30.0)['payload']);
Tusk\sleep(0);
$db->query("NOTIFY news, 'second'");
var_dump($waiter->join(), $one->receive(30.0)['payload'], $one->pending());
$two->close();
var_dump($two->receive());

// The server ends the listening connection: told once, then listened to again.
$db->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query LIKE 'UNLISTEN%'");
try {
    $one->receive(30.0);
} catch (Tusk\ConnectionException $error) {
    echo str_contains($error->getMessage(), 'what was notified until it is listened to again is lost') ? "told\n" : $error->getMessage();
}
do {
    $db->query("SELECT pg_notify('news', 'third')");
    try {
        $got = $one->receive(0.1);
    } catch (Tusk\TimeoutException) {
        $got = null;
    }
} while ($got === null);
var_dump($got['payload']);
$waiter = Tusk\go(fn () => $one->receive());
Tusk\sleep(0);
$db->close();
var_dump($waiter->join());
?>
--EXPECT--
news first pid
news first pid
we"ird payload pid
receive() of channel news timed out
string(6) "second"
string(6) "second"
int(0)
NULL
told
string(5) "third"
NULL
