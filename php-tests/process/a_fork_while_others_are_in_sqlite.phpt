--TEST--
A fork while other coroutines are in SQLite, and have transactions open: the child leaves both alone
--EXTENSIONS--
pcntl
pdo_sqlite
sqlite3
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
use function Tusk\go;

$folder = Tusk\Tests\temporary_folder();
$long = 'with recursive c(x) as (select 1 union all select x + 1 from c where x < 400000) select count(*) from c';
$path = "$folder/db.sqlite";
(new PDO("sqlite:$path"))->exec('create table t (n int)');
final class Database extends PDO
{
}
$began = new Tusk\Channel(4);
$ends = new Tusk\Channel();
$all = [];
// In the middle of a query, with functions of its own that PHP takes back from SQLite when it frees a connection.
foreach ([new Database("sqlite:$path"), new SQLite3($path)] as $db) {
    $db instanceof PDO ? @$db->sqliteCreateFunction('one', static fn (): int => 1) : $db->createFunction('one', static fn (): int => 1);
    $statement = $db->prepare($long);
    $all[] = go(static fn (): int => $db instanceof PDO ? $db->query($long)->fetchColumn() : $db->querySingle($long));
}
// Between two statements of a transaction, which is rolled back by whoever frees the connection.
$all[] = go(static function () use ($path, $began, $ends): int {
    $db = new PDO("sqlite:$path", options: [PDO::ATTR_PERSISTENT => false]);
    $db->beginTransaction();
    $inserted = $db->exec('insert into t values (1)');
    $began->send(true);
    $ends->receive();
    return $inserted + $db->exec('insert into t values (2)') + (int) $db->commit();
});
$began->receive();
$pid = pcntl_fork();
if ($pid === 0) {
    unset($all, $db, $statement);
    $own = new PDO('sqlite::memory:');
    exit(go(static fn (): int => $own->query('select 5')->fetchColumn())->join());
}
pcntl_waitpid($pid, $status);
echo pcntl_wifexited($status) ? pcntl_wexitstatus($status) : "killed by $status", "\n";
$ends->send(true);
echo implode(' ', array_map(static fn ($one) => $one->join(), $all)), "\n";
unset($db, $statement);
$left = new PDO("sqlite:$path");
echo $left->query('select count(*) from t')->fetchColumn(), ' ', $left->query('pragma integrity_check')->fetchColumn(), "\n";
unset($left);
array_map(unlink(...), glob("$folder/*"));
rmdir($folder);
?>
--EXPECT--
5
400000 400000 3
2 ok
