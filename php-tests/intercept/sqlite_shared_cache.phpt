--TEST--
SQLite's shared cache in two coroutines: a statement that lets others run does not lock the process up
--EXTENSIONS--
pdo_sqlite
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
use function Tusk\go;

$folder = Tusk\Tests\temporary_folder();
$open = static fn (): PDO => new PDO("sqlite:file:$folder/db.sqlite?cache=shared", options: [
    PDO::SQLITE_ATTR_OPEN_FLAGS => PDO::SQLITE_OPEN_READWRITE | PDO::SQLITE_OPEN_CREATE | 0x40, /* SQLITE_OPEN_URI */
]);
[$one, $other] = [$open(), $open()];
$one->exec('create table t (n int)');
$one->exec('insert into t values (1)');

// The mutex of the cache is held while the query computes and gives way.
$long = 'with recursive c(n) as (select 1 union all select n + 1 from c where n < 300000) select count(*) from c, t';
$computing = go(static fn (): int => $one->query($long)->fetchColumn());
$beside = go(static function () use ($other): int {
    for ($n = $sum = 0; $n < 20; $n++) {
        $sum += $other->query('select count(*) from t')->fetchColumn();
        Tusk\sleep(0.001);
    }
    return $sum;
});
echo $computing->join(), ' ', $beside->join(), "\n";

// Who is cancelled while it waits for the mutex gets it all the same, and is cancelled then.
$computing = go(static fn (): int => $one->query($long)->fetchColumn());
$waiting = go(static fn (): int => $other->query('select count(*) from t')->fetchColumn());
Tusk\sleep(0);
$waiting->cancel();
try {
    $waiting->join();
    echo "it was done before\n";
} catch (Tusk\CancelledException) {
    echo "cancelled\n";
}
echo $computing->join(), ' ', $other->query('select count(*) from t')->fetchColumn(), "\n";

// A transaction is not waited for: SQLite refuses, as in plain PHP.
$one->beginTransaction();
$one->exec('insert into t values (2)');
echo go(static function () use ($other): string {
    try {
        return (string) $other->query('select count(*) from t')->fetchColumn();
    } catch (PDOException $e) {
        return $e->getMessage();
    }
})->join(), "\n";
$one->rollBack();
unset($one, $other, $computing, $beside, $waiting);
array_map(unlink(...), glob("$folder/*"));
rmdir($folder);
?>
--EXPECTREGEX--
300000 20
(cancelled|it was done before)
300000 1
SQLSTATE\[HY000\]: General error: 6 database table is locked: t
