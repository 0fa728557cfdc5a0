--TEST--
SQLite: long queries give way, locks are waited for, one database has one user at a time, a query can be cancelled
--EXTENSIONS--
pdo_sqlite
sqlite3
--FILE--
<?php
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;
use function Tusk\Tests\overlap;

ini_set('error_log', '/dev/null');
$long = 'with recursive c(x) as (select 1 union all select x + 1 from c where x < 400000) select count(*) from c';
$folder = sys_get_temp_dir() . '/tusk-sqlite-' . getmypid();
mkdir($folder);

$pdo = new PDO('sqlite::memory:');
$sqlite = new SQLite3(':memory:');
overlap('PDO', fn() => $pdo->query($long)->fetchColumn());
overlap('SQLite3', fn() => $sqlite->querySingle($long));

// Another coroutine holds the lock; the waiter's own timeout would be a minute.
$a = new PDO("sqlite:$folder/db");
$b = new PDO("sqlite:$folder/db");
$a->exec('create table t (n int)');
// Begun by the main script, it is the main script's, in every version of PHP.
$a->exec('begin exclusive');
Tusk\run(function () use ($a) {
    try {
        $a->exec('commit');
    } catch (Tusk\MisuseError $e) {
        echo preg_replace('/\(at .*?\)/', '(at …)', $e->getMessage()), "\n";
    }
});
$a->exec('commit');
overlap('a lock', function () use ($a, $b) {
    $holder = Tusk\go(function () use ($a) {
        $a->exec('begin exclusive');
        Tusk\sleep(0.005);
        $a->exec('commit');
    });
    Tusk\sleep(0);
    return [$b->exec('insert into t values (1)'), $holder->join()];
});
$c = new SQLite3("$folder/db");
$c->busyTimeout(5);
$a->exec('begin exclusive');
overlap('a lock, too long', fn() => [@$c->exec('insert into t values (2)'), $c->lastErrorMsg()]);
$a->exec('commit');

// One handle: transactions stay whole.
each_of(4, function (int $i) use ($a) {
    $a->beginTransaction();
    $a->exec("insert into t values (1$i)");
    Tusk\sleep(0.001);
    $a->exec("insert into t values (1$i)");
    $a->commit();
});
echo implode(' ', $a->query('select n from t')->fetchAll(PDO::FETCH_COLUMN)), "\n";
each_of(3, function (int $i) use ($sqlite, $long) {
    $statement = $sqlite->prepare("select $i + ($long) * 0");
    if ($statement->execute()->fetchArray(SQLITE3_NUM)[0] !== $i) {
        echo "mixed up\n";
    }
});

// Cancelled while it computes.
Tusk\run(function () use ($pdo) {
    $task = Tusk\go(fn() => $pdo->query('with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c')->fetchAll());
    Tusk\sleep(0.005);
    $task->cancel();
    try {
        $task->join();
    } catch (Tusk\CancelledException $e) {
        echo get_class($e), "\n";
    }
    echo $pdo->query('select 5')->fetchColumn(), "\n";
});
array_map('unlink', glob("$folder/*"));
rmdir($folder);
?>
--EXPECT--
PDO: before other after, 400000
SQLite3: before other after, 400000
This PDO connection is used by another coroutine (at …), which is the main script: it left a transaction or an unread result open, and waits for this one. Use one connection for each coroutine.
a lock: before other after, [1,null]
a lock, too long: before other after, [false,"database is locked"]
1 10 10 11 11 12 12 13 13
Tusk\CancelledException
5
