--TEST--
Queries, parameters, results, errors with their fields
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
use Tusk\Pool\Postgres as Pool;

$server = Postgres::start();
$db = Pool::connect($server->address(), max: 2);

$result = $db->query('SELECT $1::int + 1 AS next, $2::text AS name, NULL AS nothing', [41, "O'Reilly"]);
var_dump($result->fetchAll(), count($result), $result->rowCount(), $result->command());
echo json_encode($result->columns()), "\n";

$db->execute('CREATE TABLE t (id int PRIMARY KEY, word text NOT NULL)');
var_dump($db->execute("INSERT INTO t SELECT n, 'w' || n FROM generate_series(1, 5) n"));
var_dump($db->execute('UPDATE t SET word = $1 WHERE id > $2', ['x', 3]));
$result = $db->query('SELECT * FROM t ORDER BY id');
var_dump($result->fetchOne(), $result->fetchValue(), $result->fetchColumn(1));
foreach ($result as $number => $row) {
    echo $number, ':', implode(',', $row), ' ';
}
echo "\n";
$rest = $db->query('SELECT id FROM t WHERE false');
var_dump($rest->fetchOne(), $rest->fetchAll(), $rest->fetchValue(), count($rest));

$statement = $db->prepare('SELECT word FROM t WHERE id = $1');
var_dump($statement->parameters(), $statement->query([1])->fetchValue(), $statement->execute([2]));
var_dump($db->query('')->command());

try {
    $db->query("INSERT INTO t VALUES (1, 'again')");
} catch (Tusk\RemoteException $error) {
    echo $error->getMessage(), "\n";
    echo json_encode(array_filter($error->data)), "\n";
}
try {
    $db->query('SELECT nonsense FROM t');
} catch (Tusk\RemoteException $error) {
    echo $error->data['sqlstate'], ' at ', $error->data['position'], "\n";
}
// The connection goes on.
var_dump($db->query('SELECT 1 AS one')->fetchValue(), $db->stats()['connects']);
$db->close();
try {
    $db->query('SELECT 1');
} catch (Tusk\ConnectionException $error) {
    echo preg_replace('/:\d+/', ':PORT', $error->getMessage()), "\n";
}
?>
--EXPECT--
array(1) {
  [0]=>
  array(3) {
    ["next"]=>
    int(42)
    ["name"]=>
    string(8) "O'Reilly"
    ["nothing"]=>
    NULL
  }
}
int(1)
int(1)
string(8) "SELECT 1"
[{"name":"next","type":"int4","oid":23},{"name":"name","type":"text","oid":25},{"name":"nothing","type":"text","oid":25}]
int(5)
int(2)
array(2) {
  ["id"]=>
  int(1)
  ["word"]=>
  string(2) "w1"
}
int(2)
array(5) {
  [0]=>
  string(2) "w1"
  [1]=>
  string(2) "w2"
  [2]=>
  string(2) "w3"
  [3]=>
  string(1) "x"
  [4]=>
  string(1) "x"
}
0:1,w1 1:2,w2 2:3,w3 3:4,x 4:5,x 
NULL
array(0) {
}
NULL
int(0)
array(1) {
  [0]=>
  string(4) "int4"
}
string(2) "w1"
int(1)
string(0) ""
SQLSTATE[23505]: duplicate key value violates unique constraint "t_pkey"; DETAIL: Key (id)=(1) already exists.
{"sqlstate":"23505","severity":"ERROR","message":"duplicate key value violates unique constraint \"t_pkey\"","detail":"Key (id)=(1) already exists.","schema":"public","table":"t","constraint":"t_pkey"}
42703 at 8
int(1)
int(1)
cannot send the query: the pool of test@127.0.0.1:PORT/postgres was closed
