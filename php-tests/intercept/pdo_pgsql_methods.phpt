--TEST--
PHP 8.4's own methods of Pdo\Pgsql take their turn at the connection: nothing gets into a COPY
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
if (PHP_VERSION_ID < 80400) exit('skip they are functions of the driver before PHP 8.4');
Postgres::skip('pdo_pgsql', 'posix');
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;

ini_set('error_log', '/dev/null');
$server = Postgres::start();
$dsn = "pgsql:host=127.0.0.1;port=$server->port;dbname=postgres;user=test";
$db = PDO::connect($dsn);
echo $db::class, "\n";
$db->exec('create table t (id int, what text)');
// More than the sockets between hold, so that libpq waits for a server that is slow.
$db->exec('create function slow() returns trigger language plpgsql as $$ begin if new.id % 500 = 0 then perform pg_sleep(0.002); end if; return new; end $$');
$db->exec('create trigger slow before insert on t for each row execute function slow()');
$rows = static fn (): array => array_map(static fn (int $id): string => "$id\t" . str_repeat('x', 1000) . "\n", range(1, 5000));
$file = Tusk\Tests\temporary_folder() . '/rows';
file_put_contents($file, implode($rows()));

echo json_encode(each_of(6, static fn (int $i): mixed => match ($i) {
    0 => $db->copyFromArray('t', $rows()),
    1, 3, 5 => $db->query("select $i")->fetchColumn(),
    2 => $db->copyFromFile('t', $file),
    4 => count($db->copyToArray('t')),
})), "\n";
echo $db->query('select count(*) from t')->fetchColumn(), "\n";

// A large object lives in a transaction, which is its coroutine's.
echo json_encode(each_of(2, static function (int $i) use ($db): mixed {
    if ($i) {
        return $db->query('select 1')->fetchColumn();
    }
    $db->beginTransaction();
    $id = $db->lobCreate();
    fwrite($db->lobOpen($id, 'wb'), 'text');
    Tusk\sleep(0.001);
    $found = stream_get_contents($db->lobOpen($id, 'rb'));
    $db->lobUnlink($id);
    $db->commit();
    return $found;
})), "\n";
$db->exec('listen news');
$other = PDO::connect($dsn);
$told = each_of(2, static fn (int $i): mixed
    => $i ? $other->exec("notify news, 'come'") : $db->getNotify(PDO::FETCH_ASSOC, 20_000)['payload']);
echo json_encode($told), "\n";
?>
--EXPECT--
Pdo\Pgsql
[true,1,true,3,10000,5]
10000
["text",1]
["come",0]
