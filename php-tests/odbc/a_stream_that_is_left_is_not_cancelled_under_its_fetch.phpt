--TEST--
A stream that is left early ends by itself: MariaDB's driver crashed when it was cancelled while rows were fetched
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_driver('MariaDB Unicode'); Mariadb::skip(); ?>
--FILE--
<?php
require __DIR__ . '/../include/odbc_pool.inc';
use Tusk\Pool\Odbc;

$db = Odbc::connect(Tusk\Tests\mariadb_dsn(Mariadb::start()->port), max: 2);
$left = 0;
for ($i = 0; $i < 60; $i++) {
    foreach ($db->stream("SELECT seq, CONCAT('row ', seq) AS name FROM seq_1_to_60000") as $number => $row) {
        if ($number === $i * 20) {
            $left++;
            break;
        }
    }
}
var_dump($left, $db->query('SELECT 1 AS one')->fetchValue());
?>
--EXPECT--
int(60)
int(1)
