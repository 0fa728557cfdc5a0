--TEST--
One PDO used by fifty coroutines gives each its own result, in turn
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
use function Tusk\go;
final class Db { public static PDO $pdo; }
foreach (['emulated' => true, 'native' => false] as $kind => $emulate) {
    $server ??= Mariadb::start();
    Db::$pdo = $server->pdo([PDO::ATTR_EMULATE_PREPARES => $emulate]);
    $all = [];
    for ($i = 0; $i < 50; $i++) {
        $all[$i] = go(function () use ($i) {
            $statement = Db::$pdo->prepare('SELECT ? + 0 AS n, REPEAT(?, 2000) AS t, SLEEP(0.002)');
            $statement->execute([$i, chr(65 + $i % 26)]);
            [$n, $text] = $statement->fetch(PDO::FETCH_NUM);
            $direct = Db::$pdo->query("SELECT $i * 2, SLEEP(0.001)")->fetchColumn();
            return (int) $n === $i && $text === str_repeat(chr(65 + $i % 26), 2000) && (int) $direct === $i * 2;
        });
    }
    $right = count(array_filter(array_map(fn ($c) => $c->join(), $all)));
    echo "$kind: $right right\n";
}
?>
--EXPECT--
emulated: 50 right
native: 50 right
