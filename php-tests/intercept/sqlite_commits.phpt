--TEST--
SQLite's commits wait for the disk on a thread: others run, and those who use SQLite never find it locked by that
--EXTENSIONS--
pcntl
pdo_sqlite
sqlite3
--SKIPIF--
<?php
require __DIR__ . '/../include/disk.inc';
$folder = Tusk\Tests\folder_on_a_disk();
if ($folder === null) {
    echo 'skip every folder for temporary files lies in memory';
} else {
    rmdir($folder);
}
?>
--FILE--
<?php
require __DIR__ . '/../include/disk.inc';
use function Tusk\go;

$folder = Tusk\Tests\folder_on_a_disk();
$path = "$folder/db.sqlite";
$pdo = new PDO("sqlite:$path");
$pdo->exec('create table t (n int)');

// A statement of a few microseconds suspends for its commit alone.
$ran = 0;
$other = go(static function () use (&$ran): void {
    for (;;) {
        Tusk\sleep(0);
        $ran++;
    }
});
$pdo->exec('insert into t values (1)');
var_dump($ran > 0);
$other->cancel();

// Connections of their own to one file, none of which waits for locks.
$with = [
    'PDO' => static function () use ($path): Closure {
        $db = new PDO("sqlite:$path", options: [PDO::ATTR_TIMEOUT => 0]);
        $insert = $db->prepare('insert into t values (?)');
        return static fn (int $n): bool => $n % 2 ? $insert->execute([$n]) : $db->exec("insert into t values ($n)") === 1;
    },
    'SQLite3' => static function () use ($path): Closure {
        $db = new SQLite3($path);
        $db->enableExceptions(true);
        return static fn (int $n): bool => $db->exec("insert into t values ($n)");
    },
];
foreach (['delete', 'wal'] as $journal) {
    $pdo->query("pragma journal_mode = $journal")->fetchAll();
    $pdo->exec('delete from t');
    $all = [];
    foreach ([...$with, ...array_values($with)] as $connect) {
        $all[] = go(static function () use ($connect): int {
            $insert = $connect();
            for ($n = $inserted = 0; $n < 10; $n++) {
                $inserted += $insert($n);
            }
            return $inserted;
        });
    }
    $inserted = array_sum(array_map(static fn ($one) => $one->join(), $all));
    echo "$journal: $inserted, ", $pdo->query('select count(*) from t')->fetchColumn(), "\n";
}
$pdo->query('pragma journal_mode = delete')->fetchAll();

// A commit that is cancelled on its way to the disk is there, or it is not; the database is whole.
$pdo->exec('delete from t');
$told = 0;
for ($try = 0; $try < 20; $try++) {
    $db = new PDO("sqlite:$path");
    $one = go(static fn (): int => $db->exec('insert into t values (1)'));
    Tusk\sleep($try * 0.0001);
    $one->cancel();
    try {
        $told += $one->join();
    } catch (Tusk\CancelledException) {
    }
    unset($one, $db);
}
$there = $pdo->query('select count(*) from t')->fetchColumn();
var_dump($told <= $there, $pdo->query('pragma integrity_check')->fetchColumn());

// A fork while a commit is on its way: the child has no part in it, and commits by itself.
$committing = go(static fn (): int => (new PDO("sqlite:$path"))->exec('insert into t values (2)'));
Tusk\sleep(0);
$pid = pcntl_fork();
if ($pid === 0) {
    $own = new PDO("sqlite:$folder/of_the_child");
    $others = go(static fn (): int => $own->exec('create table t (n int)') + $own->exec('insert into t values (3)'));
    exit($others->join() === 1 ? 7 : 1);
}
pcntl_waitpid($pid, $status);
var_dump(pcntl_wexitstatus($status), $committing->join());
unset($pdo);
array_map(unlink(...), glob("$folder/*"));
rmdir($folder);
?>
--EXPECT--
bool(true)
delete: 40, 40
wal: 40, 40
bool(true)
string(2) "ok"
int(7)
int(1)
