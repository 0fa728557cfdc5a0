--TEST--
ODBC: rows, failures and lies of a driver reach PHP as what they are
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_bad_driver(); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\{bad_driver, thrown};

$db = Odbc::connect(bad_driver(), max: 2);
$result = $db->query('rows 2500');
echo count($result), ' ', array_sum($result->fetchColumn()), ' ', json_encode($result->fetchOne()), ' ', $result->fetchValue(), "\n";
$seen = 0;
foreach ($result as $number => $row) {
    $seen += $row['value'] === $number ? 1 : 0;
}
echo $seen, ' ', json_encode($result->columns()), "\n";

try {
    $db->query('fail 42S02 1146 no such table');
} catch (Tusk\RemoteException $e) {
    echo $e->getCode(), ' ', $e->getMessage(), "\n", json_encode($e->data), "\n";
}
foreach (['negative', 'none', 'half', 'endless', 'lose'] as $sql) {
    echo $sql, ' ', thrown(fn () => $db->query($sql)), "\n";
}
echo $db->query('rows 1')->fetchValue(), ' ', $db->execute('nothing'), "\n";
echo thrown(fn () => Odbc::connect(bad_driver('Fail=28000;PWD=sesame'))), "\n";
echo thrown(fn () => Odbc::connect('Driver=/nowhere.so')), "\n";
$db->close();
echo thrown(fn () => $db->query('rows 1')), "\n";
?>
--EXPECTF--
2500 3123750 {"value":0} 0
2500 [{"name":"value","type":"bigint","size":19,"scale":0,"nullable":true}]
1146 cannot run a statement: no such table (SQLSTATE 42S02, native 1146)
{"sqlstate":"42S02","native":1146,"records":[{"sqlstate":"42S02","native":1146,"message":"no such table"}]}
negative Tusk\ProtocolException(0): cannot fetch rows: the driver contradicts itself: it gives the length of a value as -7
none Tusk\ProtocolException(0): cannot fetch rows: the driver contradicts itself: it says that there are rows, and gave none
half Tusk\ProtocolException(0): cannot fetch rows: the driver contradicts itself: a value is not valid UTF-16;%s
endless Tusk\OverloadedException(0): cannot fetch rows: a value of more than 64 MiB;%s
lose Tusk\ConnectionException(10054): cannot run a statement: %s (SQLSTATE 08S01, native 10054)
0 -1
Tusk\ConnectionException(1045): cannot connect through ODBC: %s (SQLSTATE 28000, native 1045); connecting to Driver=%s;PWD=…
Tusk\UnsupportedException(0): cannot connect through ODBC: %s
Tusk\MisuseError(0): the pool was closed: nothing can be asked of it any more
