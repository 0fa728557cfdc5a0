--TEST--
Streams in bounded memory: all rows, an early end, errors in the middle, inside a transaction
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
$resident = static fn (): int => (int) preg_replace('/.*VmRSS:\s+(\d+).*/s', '$1', file_get_contents('/proc/self/status'));

// 200,000 rows of 500 bytes are 100 MB.
[$sum, $count, $begin] = [0, 0, $resident()];
foreach ($db->stream("SELECT n, repeat('x', 500) AS x FROM generate_series(1, \$1::int) n", [200_000]) as $number => $row) {
    $count += (int) ($number === $count);
    $sum += $row['n'];
}
var_dump($count, $sum, $resident() - $begin < 24 << 10);

// The connection is back after the last row, and after an early end.
var_dump($db->query('SELECT 1')->fetchValue());
foreach ($db->stream('SELECT n FROM generate_series(1, 1000000) n') as $row) {
    if ($row['n'] === 100) {
        break;
    }
}
unset($row);
var_dump($db->query('SELECT 2')->fetchValue(), $db->stats()['leased']);
$stream = $db->stream('SELECT n FROM generate_series(1, 1000000) n');
$stream->close();
var_dump($stream->valid(), $db->query('SELECT 3')->fetchValue());
var_dump(iterator_to_array($db->stream('SELECT 1 WHERE false')));

// An error after rows that were good.
$good = 0;
try {
    foreach ($db->stream('SELECT 1 / (300 - n) AS x FROM generate_series(1, 1000) n') as $row) {
        $good++;
    }
} catch (Tusk\RemoteException $error) {
    echo $error->getMessage(), ' after ', $good > 0 && $good < 300 ? 'some' : $good, "\n";
}
try {
    $db->stream('SELECT nonsense');
} catch (Tusk\RemoteException $error) {
    echo $error->getMessage(), "\n";
}
try {
    $stream = $db->stream('SELECT n FROM generate_series(1, 3) n');
    foreach ($stream as $row);
    foreach ($stream as $row);
} catch (Tusk\MisuseError $error) {
    echo $error->getMessage(), "\n";
}
// A transaction's own connection.
$db->transaction(function () use ($db): void {
    // COPY has it for itself.
    try {
        foreach ($db->copyOut("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 10000)) TO STDOUT") as $line) {
            $db->query('SELECT 1');
        }
    } catch (Tusk\MisuseError $error) {
        echo $error->getMessage(), "\n";
    }
    unset($line);
    // The rest of a stream does not hold the transaction up, and does not abort it.
    foreach ($db->stream('SELECT n, pg_sleep(CASE WHEN n = 100 THEN 0.05 ELSE 0 END) FROM generate_series(1, 1000) n') as $row) {
        break;
    }
    foreach ($db->copyOut("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 10000)) TO STDOUT") as $line) {
        break;
    }
    var_dump($db->query('SELECT 7', [], 30.0)->fetchValue());
});
var_dump($db->transaction(fn () => count(iterator_to_array($db->stream('SELECT n FROM generate_series(1, 1000) n')))));
// A stream whose coroutine is cancelled in the middle.
$reading = new Tusk\Channel(1);
$reader = Tusk\go(function () use ($db, $reading): void {
    foreach ($db->stream('SELECT n, pg_sleep(CASE WHEN n > 64 THEN 60 ELSE 0 END) FROM generate_series(1, 1000) n') as $row) {
        $row['n'] === 64 && $reading->send(true);
    }
});
$reading->receive();
$reader->cancel();
try {
    $reader->join();
} catch (Tusk\CancelledException $error) {
    echo $error->getMessage(), "\n";
}
var_dump($db->query('SELECT 4', [], 30.0)->fetchValue());
?>
--EXPECT--
int(200000)
int(20000100000)
bool(true)
int(1)
int(2)
int(0)
bool(false)
int(3)
array(0) {
}
SQLSTATE[22012]: division by zero after some
SQLSTATE[42703]: column "nonsense" does not exist
a stream is read once: keep the rows, or use query() for a result that can be read again
this transaction's connection is in the middle of COPY: finish that before
int(7)
int(1000)
the coroutine was cancelled
int(4)
