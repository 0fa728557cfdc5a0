--TEST--
Streams inside a transaction: beside one another and other statements, up to its end and no further
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/postgres.inc';
use Tusk\Pool\Postgres as Pool;

$server = Postgres::start();
foreach ([256, 0] as $cache) {
    $db = Pool::connect($server->address(), max: 1, options: ['statement_cache' => $cache]);
    $db->execute('CREATE TABLE IF NOT EXISTS doubled (n int)');
    $db->execute('TRUNCATE doubled');
    // Two streams step by step, and a statement for every row.
    $sum = $db->transaction(function () use ($db): int {
        $sum = 0;
        $second = $db->stream('SELECT n FROM generate_series(1, $1::int) n', [2000]);
        foreach ($db->stream('SELECT n FROM generate_series(1, $1::int) n', [2000]) as ['n' => $n]) {
            $sum += $second->current()['n'];
            $second->next();
            $n % 10 === 0 && $db->execute('INSERT INTO doubled VALUES ($1)', [2 * $n]);
        }
        return $sum;
    });
    echo $sum, ' ', $db->query('SELECT sum(n) FROM doubled')->fetchValue(), "\n";

    // One that is left early is closed in the server, and the transaction goes on.
    echo $db->transaction(function () use ($db): string {
        foreach ($db->stream('SELECT n, repeat(\'x\', 1000) FROM generate_series(1, 1000000) n') as $row) {
            break;
        }
        unset($row);
        $closed = $db->stream('SELECT n FROM generate_series(1, 1000000) n');
        $closed->current();
        $closed->close();
        return $db->query('SELECT 7', [], 30.0)->fetchValue() . ' with ' . $db->query("SELECT count(*) FROM pg_cursors WHERE name LIKE 'tusk%'")->fetchValue() . ' left';
    }), "\n";

    $told = function (callable $do): void {
        try {
            $do();
            echo "nothing thrown\n";
        } catch (Tusk\Failure | Tusk\MisuseError $error) {
            echo $error::class, ': ', strtok($error->getMessage(), ':'), "\n";
        }
    };
    // After its transaction, in another one on the same connection, after a rollback to a savepoint.
    $stream = $db->transaction(function () use ($db): Tusk\Pool\PostgresStream {
        $stream = $db->stream('SELECT n FROM generate_series(1, 1000000) n');
        $stream->current();
        return $stream;
    });
    $told(fn () => iterator_count($stream));
    $late = null;
    $db->transaction(function () use ($db, &$late): void {
        $late = $db->stream('SELECT n FROM generate_series(1, 1000000) n');
        $late->current();
    });
    $db->transaction(function () use ($db, $late, $told): void {
        $told(fn () => iterator_count($late));
        $outer = $db->stream('SELECT n FROM generate_series(1, 300) n');
        $inner = null;
        try {
            $db->transaction(function () use ($db, &$inner): void {
                $inner = $db->stream('SELECT n FROM generate_series(1, 1000000) n');
                $inner->current();
                throw new DomainException();
            });
        } catch (DomainException) {
        }
        $told(fn () => iterator_count($inner));
        $kept = $db->transaction(function () use ($db): Tusk\Pool\PostgresStream {
            $kept = $db->stream('SELECT n FROM generate_series(1, 500) n');
            $kept->current();
            return $kept;
        });
        echo iterator_count($outer), ' ', iterator_count($kept), "\n";
    });
    // An error in the middle aborts the transaction, as any other would.
    $told(fn () => $db->transaction(fn () => iterator_count($db->stream('SELECT 1 / (5000 - n) FROM generate_series(1, 10000) n'))));
    // A lost connection fails the stream that nothing was under way for.
    $told(fn () => $db->transaction(function () use ($db, $server): void {
        $stream = $db->stream('SELECT n FROM generate_series(1, 1000000) n');
        $stream->current();
        $db->query('SELECT 1');
        $server->restart(SIGQUIT);
        iterator_count($stream);
    }));
    echo $db->query('SELECT 8', [], 30.0)->fetchValue(), ' ', $db->stats()['leased'], "\n";
    $db->close();
}
?>
--EXPECT--
2001000 402000
7 with 0 left
Tusk\MisuseError: this stream was begun inside a transaction() that has ended or was rolled back
Tusk\MisuseError: this stream was begun inside a transaction() that has ended or was rolled back
Tusk\MisuseError: this stream was begun inside a transaction() that has ended or was rolled back
300 500
Tusk\RemoteException: SQLSTATE[22012]
Tusk\ConnectionException: cannot use the connection
8 0
2001000 402000
7 with 0 left
Tusk\MisuseError: this stream was begun inside a transaction() that has ended or was rolled back
Tusk\MisuseError: this stream was begun inside a transaction() that has ended or was rolled back
Tusk\MisuseError: this stream was begun inside a transaction() that has ended or was rolled back
300 500
Tusk\RemoteException: SQLSTATE[22012]
Tusk\ConnectionException: cannot use the connection
8 0
