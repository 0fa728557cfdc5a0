--TEST--
A real server that ends idle sessions, has no room, changes the password; a fork inside a transaction
--EXTENSIONS--
pcntl
posix
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/../include/parallel.inc';

use Tusk\Pool\Postgres as Pool;
use function Tusk\Tests\each_of;

$server = Postgres::start();
$admin = Pool::connect($server->address(), max: 1);
$admin->execute('CREATE TABLE once (id bigint)');
$admin->execute("CREATE ROLE few LOGIN PASSWORD 'first' CONNECTION LIMIT 2");
$admin->execute('GRANT ALL ON once TO few');
$ends = fn (): int => $admin->query("SELECT count(pg_terminate_backend(pid, 20000)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'test'")->fetchValue();

// Sessions that the server ends while they idle cost nobody anything.
$db = Pool::connect($server->address(), max: 4);
each_of(8, fn () => $db->query('SELECT pg_sleep(0.01)', [], 30.0));
echo $ends() > 0 ? "sessions ended\n" : "nothing to end\n";
echo json_encode(each_of(8, fn (int $i) => $db->query('SELECT $1::int', [$i], 30.0)->fetchValue())), ' ', $db->stats()['lost'] > 0 ? 'on new ones' : 'on the same', "\n";

// And under load nobody gets somebody else's answer, and nothing is there twice.
$outcome = ['done' => 0, 'failed' => 0];
each_of(20, function (int $i) use ($db, $ends, &$outcome): void {
    for ($n = 0; $n < 20; $n++) {
        $id = $i * 100 + $n;
        try {
            $back = $db->query('INSERT INTO once VALUES ($1) RETURNING id', [$id], 30.0)->fetchValue();
            $back === $id ? $outcome['done']++ : print("asked $id, got $back\n");
        } catch (Tusk\ConnectionException | Tusk\RemoteException) {
            $outcome['failed']++;
        }
        $i === 0 && $n % 5 === 2 && $ends();
    }
});
['rows' => $rows, 'different' => $different] = $admin->query('SELECT count(*) AS rows, count(DISTINCT id) AS different FROM once')->fetchOne();
echo array_sum($outcome), ' ended, ', $rows - $different, ' twice, ', $rows >= $outcome['done'] ? 'all that was reported' : "$rows of {$outcome['done']}", "\n";

// A statement that cannot even be prepared, because its table is locked: the deadline holds, who
// wants the same and has time gets it, and no connection is lost.
$db->query('SELECT 1');
$lost = $db->stats()['lost'];
$locked = function () use ($admin, $db): void {
    $admin->execute('LOCK TABLE once IN ACCESS EXCLUSIVE MODE');
    $patient = Tusk\go(fn () => $db->query('SELECT count(*) >= 0 FROM once', [], 50.0)->fetchValue());
    for ($i = 0; $i < 3; $i++) {
        try {
            $db->query("SELECT count(*) + $i FROM once", [], 0.1);
        } catch (Tusk\TimeoutException $error) {
            echo $i, str_contains($error->getMessage(), 'it was not executed: ') ? ' ' : $error->getMessage();
        }
    }
    $admin->execute('SELECT 1');
    Tusk\go(function () use ($patient): void {
        echo $patient->join() ? "and the patient one is answered\n" : "nothing\n";
    });
};
each_of(1, fn () => $admin->transaction(fn () => $locked()));
$one = Pool::connect($server->address(), max: 1);
$admin->transaction(function () use ($admin, $one): void {
    $admin->execute('LOCK TABLE once IN ACCESS EXCLUSIVE MODE');
    $sql = 'SELECT count(*) >= 0 FROM once';
    $both = each_of(3, function (int $i) use ($one, $sql) {
        try {
            return $one->query($sql, [], 0.1 + $i / 10)->fetchValue();
        } catch (Tusk\TimeoutException) {
            return 'late';
        }
    });
    echo json_encode($both), ' ', $one->query('SELECT 1', [], 50.0)->fetchValue(), "\n";
});
echo $db->stats()['lost'] - $lost + $one->stats()['lost'], " lost by it\n";

// No more than two sessions for this role: the pool lives with less than it may have.
$few = $server->address(['user' => 'few', 'password' => 'first', 'connect_timeout' => 0.5]);
$small = Pool::connect($few, max: 6);
echo array_sum(each_of(60, fn (int $i) => $small->query('SELECT $1::int + (pg_sleep(0.001) IS NULL)::int', [$i], 30.0)->fetchValue())), ' with ',
    $small->stats()['connections'], " connections\n";
try {
    $refused = Pool::connect($few, max: 1, options: ['lazy' => true]);
    each_of(2, fn () => $small->query('SELECT pg_sleep(0.01)', [], 30.0));
    $refused->query('SELECT 1', [], 30.0);
} catch (Tusk\OverloadedException $error) {
    echo $error->getMessage(), "\n";
}
$refused->close();

// A new password: what is open goes on, new connections fail at once, and come back with the old one.
$server->authenticate("local all all trust\nhost all few 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n");
$end = fn () => $admin->query("SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE usename = 'few'");
$reached = fn (callable $there) => (function () use ($there) {
    for ($until = microtime(true) + 30; !$there() && microtime(true) < $until;) {
        Tusk\sleep(0.01);
    }
})();
$admin->execute("ALTER ROLE few PASSWORD 'second'");
$failed = function () use ($small, $end): bool {
    $end();
    try {
        return !$small->query('SELECT 1', [], 30.0);
    } catch (Tusk\ConnectionException $error) {
        return str_contains($error->getMessage(), '28P01') && str_contains($error->getMessage(), 'not sent');
    }
};
$reached($failed);
echo $failed() ? "wrong password\n" : "let in\n";
$admin->execute("ALTER ROLE few PASSWORD 'first'");
$reached(function () use ($small): bool {
    try {
        return $small->query('SELECT 1', [], 30.0)->fetchValue() === 1;
    } catch (Tusk\ConnectionException) {
        return false;
    }
});
echo $small->query('SELECT 5', [], 30.0)->fetchValue(), " with the right one\n";

// A child that is made inside a transaction neither ends nor disturbs it.
$admin->execute('TRUNCATE once');
$db->transaction(function () use ($db, $server): void {
    $db->execute('INSERT INTO once VALUES (1)');
    $child = pcntl_fork();
    if ($child === 0) {
        // The transaction is the parent's: nothing is done outside of it by mistake.
        try {
            $db->query('SELECT 1', [], 30.0);
            exit(8);
        } catch (Tusk\ConnectionException) {
        }
        $sees = Pool::connect($server->address())->query('SELECT count(*) FROM once', [], 30.0)->fetchValue();
        exit($sees === 0 ? 7 : 9);
    }
    pcntl_waitpid($child, $status);
    echo pcntl_wexitstatus($status), "\n";
    $db->execute('INSERT INTO once VALUES (2)');
});
echo json_encode($db->query('SELECT id FROM once ORDER BY id')->fetchColumn()), ' ', $db->stats()['leased'], "\n";
?>
--EXPECT--
sessions ended
[0,1,2,3,4,5,6,7] on new ones
400 ended, 0 twice, all that was reported
0 1 2 and the patient one is answered
["late","late","late"] 1
0 lost by it
1770 with 2 connections
cannot use the connection: the server said FATAL SQLSTATE[53300]: too many connections for role "few"; the query was not sent; lower max of the pools, or raise the server's max_connections
wrong password
5 with the right one
7
[1,2] 0
