--TEST--
One mysqli used by several coroutines: queries, prepared statements, transactions, unbuffered results
--SKIPIF--
<?php
require __DIR__ . '/../include/mariadb.inc';
Mariadb::skip('pdo_mysql', 'mysqli');
?>
--INI--
error_log={TMP}/tusk-mysqlnd.log
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$db = Mariadb::start()->mysqli();
$db->query('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, who INT) ENGINE=InnoDB');
$all = [];
for ($i = 0; $i < 20; $i++) {
    $all[$i] = go(function () use ($db, $i) {
        $plain = $db->query("SELECT $i, SLEEP(0.001)")->fetch_row()[0];
        $s = $db->prepare('SELECT ? * 2, SLEEP(0.001)');
        $s->bind_param('i', $i);
        $s->execute();
        $s->bind_result($double, $_);
        $s->fetch();
        $s->close();
        $sum = 0;
        foreach ($db->query('SELECT seq FROM seq_1_to_50', MYSQLI_USE_RESULT) as $row) {
            $sum += $row['seq'];
        }
        return $plain == $i && $double == 2 * $i && $sum === 1275;
    });
}
echo count(array_filter(array_map(fn ($c) => $c->join(), $all))), " right\n";
$all = [];
for ($i = 0; $i < 5; $i++) {
    $all[] = go(function () use ($db, $i) {
        $db->begin_transaction();
        for ($k = 0; $k < 3; $k++) {
            $db->query("INSERT INTO t (who) VALUES ($i)");
            turns(2);
        }
        $i % 2 ? $db->rollback() : $db->commit();
    });
}
foreach ($all as $c) {
    $c->join();
}
echo implode(' ', array_column($db->query('SELECT who FROM t ORDER BY id')->fetch_all(), 0)), "\n";
?>
--EXPECT--
20 right
0 0 0 2 2 2 4 4 4
