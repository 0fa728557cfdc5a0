--TEST--
One PostgreSQL connection, many coroutines: in turn, transactions whole, cancelled ones broken
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip('pdo_pgsql', 'pgsql', 'posix');
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;

$server = Postgres::start();
$log = tempnam(sys_get_temp_dir(), 'log');
ini_set('error_log', $log);
$pdo = $server->pdo();
$pg = pg_connect($server->text(), PGSQL_CONNECT_FORCE_NEW);
$pdo->exec('create table t (id serial, who int)');

// Each gets its own answer, with statements prepared and dropped in between.
$same = each_of(10, function (int $i) use ($pdo) {
    $statement = $pdo->prepare('select ?::int from pg_sleep(0.001)');
    $statement->execute([$i]);
    return $statement->fetchColumn();
});
var_dump($same === range(0, 9));
$same = each_of(10, fn(int $i) => (int) pg_fetch_result(pg_query_params($pg, 'select $1::int from pg_sleep(0.001)', [$i]), 0, 0));
var_dump($same === range(0, 9));

// Nothing gets into an open transaction, whether begun by PDO or by SQL.
foreach (['PDO', 'SQL', 'pg_query'] as $how) {
    $pdo->exec('truncate t');
    each_of(4, function (int $i) use ($pdo, $pg, $how) {
        $do = $how === 'pg_query' ? fn($sql) => pg_query($pg, $sql) : fn($sql) => $pdo->exec($sql);
        $how === 'PDO' ? $pdo->beginTransaction() : $do('begin');
        $do("insert into t (who) values ($i)");
        Tusk\sleep(0.002);
        $do("insert into t (who) values ($i)");
        $how === 'PDO' ? $pdo->commit() : $do('commit');
    });
    echo "$how: ", implode($pdo->query('select who from t order by id')->fetchAll(PDO::FETCH_COLUMN)), "\n";
}

// A transaction that the main script began belongs to it.
$pdo->exec('truncate t');
$pdo->beginTransaction();
$pdo->exec('insert into t (who) values (1)');
$other = Tusk\go(function () use ($pdo) {
    $pdo->exec('insert into t (who) values (2)');
    return $pdo->inTransaction();
});
Tusk\sleep(0.002);
var_dump($pdo->inTransaction());
$pdo->rollBack();
var_dump($other->join());
echo 'after the rollback: ', implode($pdo->query('select who from t')->fetchAll(PDO::FETCH_COLUMN)), "\n";

echo substr_count(file_get_contents($log), 'two coroutines use one PDO connection') >= 1 ? "logged\n" : "not logged\n";
$shared = Tusk\Runtime::report()['shared_handles'];
$kinds = array_unique(array_column($shared, 'handle'));
sort($kinds);
echo implode(', ', $kinds), "\n";
var_dump(str_starts_with($shared[0]['waited_at'], __FILE__ . ':'), $shared[0]['waits'] > 0);

// Cancelled in a query: the exception is the cancel, and the connection is not used again.
Tusk\run(function () use ($pdo) {
    $task = Tusk\go(fn() => $pdo->query('select pg_sleep(60)'));
    Tusk\sleep(0.01);
    $task->cancel();
    try {
        $task->join();
    } catch (Tusk\CancelledException $e) {
        echo get_class($e), "\n";
    }
    try {
        var_dump($pdo->query('select 7')->fetchColumn());
    } catch (PDOException $e) {
        echo "broken\n";
    }
});

Tusk\run(function () use ($server) {
    $connection = pg_connect($server->text(), PGSQL_CONNECT_FORCE_NEW);
    $level = error_reporting();
    $task = Tusk\go(fn() => pg_query($connection, 'select pg_sleep(60)'));
    Tusk\sleep(0.01);
    $task->cancel();
    try {
        $task->join();
    } catch (Tusk\CancelledException $e) {
        echo get_class($e), ', level ', error_reporting() === $level ? 'as before' : 'changed', "\n";
    }
    echo @pg_query($connection, 'select 7') ? "answered\n" : "broken\n";
});

// Who finds it broken does not keep it from others who will find the same.
$began = microtime(true);
Tusk\run(function () use ($pdo) {
    $one = Tusk\go(function () use ($pdo) {
        try {
            $pdo->query('select 1');
        } catch (PDOException) {
            echo "broken for one\n";
        }
        Tusk\Coroutine::current()->suspend();
    });
    Tusk\go(function () use ($pdo, $one) {
        try {
            $pdo->query('select 1');
        } catch (PDOException) {
            echo "broken for another\n";
        }
        $one->resume();
    })->join();
});
var_dump(microtime(true) - $began < 5);

ini_set('tusk.shared_handle', 'throw');
Tusk\run(function () use ($pg) {
    Tusk\go(fn() => pg_query($pg, 'select pg_sleep(0.01)'));
    Tusk\sleep(0);
    try {
        pg_query($pg, 'select 1');
    } catch (Tusk\MisuseError $e) {
        echo preg_replace('/\(at .*\)/', '(at …)', $e->getMessage()), "\n";
    }
});
?>
--EXPECT--
bool(true)
bool(true)
PDO: 00112233
SQL: 00112233
pg_query: 00112233
bool(true)
bool(false)
after the rollback: 2
logged
PDO connection, PostgreSQL connection
bool(true)
bool(true)
Tusk\CancelledException
broken
Tusk\CancelledException, level as before
broken
broken for one
broken for another
bool(true)
This PostgreSQL connection is used by another coroutine (at …). Use one connection for each coroutine.
