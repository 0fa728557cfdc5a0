--TEST--
An unbuffered result keeps its connection until it is read or dropped
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
Mariadb::skip('pdo_mysql');
?>
--INI--
error_log={TMP}/tusk-mysqlnd.log
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
$pdo = Mariadb::start()->pdo([PDO::MYSQL_ATTR_USE_BUFFERED_QUERY => false]);
$log = [];
$a = go(function () use ($pdo, &$log) {
    $sum = 0;
    foreach ($pdo->query('SELECT seq FROM seq_1_to_500') as $i => [$n]) {
        $sum += $n;
        if ($i % 100 === 0) {
            turns(2);
        }
    }
    $log[] = 'read';
    return $sum;
});
$b = go(function () use ($pdo, &$log) {
    turns(1);
    $statement = $pdo->query('SELECT 5 UNION SELECT 6');
    $log[] = 'second';
    return $statement->fetchAll(PDO::FETCH_COLUMN);
});
$c = go(function () use ($pdo) {
    turns(2);
    $statement = $pdo->query('SELECT seq FROM seq_1_to_5000');
    $first = $statement->fetchColumn();
    turns(3);
    unset($statement);
    turns(50);
    return $first;
});
$d = go(function () use ($pdo) {
    turns(4);
    return $pdo->query('SELECT 8')->fetchColumn();
});
echo $a->join(), ' ', json_encode($b->join()), ' ', $c->join(), ' ', $d->join(), "\n", implode(' ', $log), "\n";
// A result handed to another coroutine is read there.
$handed = $pdo->query('SELECT seq FROM seq_1_to_3');
echo json_encode(go(fn () => $handed->fetchAll(PDO::FETCH_COLUMN))->join()), "\n";
?>
--EXPECT--
125250 [5,6] 1 8
read second
[1,2,3]
