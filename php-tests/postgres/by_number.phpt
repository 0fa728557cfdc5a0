--TEST--
Rows by number: columns of one name are all there, in results and streams
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/postgres.inc';
use Tusk\Pool\Postgres as Pool;

$db = Pool::connect(Postgres::start()->address(), max: 2);
$sql = "SELECT a.id, a.name, b.id, b.name FROM (VALUES (1, 'x'), (2, NULL)) a(id, name), (VALUES (3, 'y')) b(id, name) ORDER BY 1";
$result = $db->query($sql);
echo json_encode($result->fetchAll()), "\n";
var_dump($result->byNumber() === $result);
echo json_encode($result->fetchAll()), ' ', json_encode($result->fetchOne()), "\n";
foreach ($result as [$a, , $b]) {
    echo "$a $b\n";
}
echo implode(' ', array_column($result->columns(), 'name')), ' ', json_encode($result->fetchColumn(3)), ' ', count($result), "\n";
// A stream; also one that has been read from already.
$stream = $db->stream($sql);
echo json_encode($stream->current()), ' ', implode(' ', array_column($stream->columns(), 'type')), "\n";
foreach ($stream->byNumber() as $row) {
    echo json_encode($row), "\n";
}
foreach ($db->stream('SELECT 1 AS n, 2 AS n WHERE $1', [false])->byNumber() as $row) {
    echo "a row\n";
}
echo json_encode($db->query('SELECT')->byNumber()->fetchAll()), ' ', json_encode($db->copyOut('COPY (SELECT 1) TO STDOUT')->columns()), "\n";
try {
    $db->query('SELECT 1')->byNumber(1);
} catch (ArgumentCountError $error) {
    echo $error->getMessage(), "\n";
}
?>
--EXPECT--
[{"id":3,"name":"y"},{"id":3,"name":"y"}]
bool(true)
[[1,"x",3,"y"],[2,null,3,"y"]] [1,"x",3,"y"]
1 3
2 3
id name id name ["y","y"] 2
{"id":3,"name":"y"} int4 text int4 text
[1,"x",3,"y"]
[2,null,3,"y"]
[[]] []
Tusk\Pool\PostgresResult::byNumber() expects exactly 0 arguments, 1 given
