--TEST--
Two coroutines that hold a transaction each and want the other's connection: one gets a MisuseError at once
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
$server = Mariadb::start();
[$x, $y] = [$server->pdo(), $server->pdo()];
$start = hrtime(true);
$run = fn (PDO $own, PDO $other) => function () use ($own, $other) {
    $own->beginTransaction();
    turns(20);
    try {
        $other->query('SELECT 1')->fetchAll();
        return 'done';
    } catch (Tusk\MisuseError $e) {
        return 'refused';
    } finally {
        $own->rollBack();
    }
};
$a = go($run($x, $y));
$b = go($run($y, $x));
$results = [$a->join(), $b->join()];
sort($results);
echo implode(' ', $results), "\n";
var_dump(hrtime(true) - $start < 5e9);
?>
--EXPECT--
done refused
bool(true)
