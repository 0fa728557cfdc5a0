--TEST--
Queries that fail at the same time on one PDO connection leave no statement behind
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip('pdo_pgsql', 'posix');
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;

$server = Postgres::start();
$shared = $server->pdo();
$failing = static function () use ($shared): string {
    try {
        return 'no failure of ' . $shared->query('select nonsense')->queryString;
    } catch (PDOException $failure) {
        return $failure->getCode();
    }
};
$codes = [];
$used = 0;
for ($round = 0; $round < 300; $round++) {
    if ($round === 100) {
        $used = memory_get_usage();
    }
    array_push($codes, ...each_of(4, $failing));
    $codes = array_unique($codes);
}
echo implode(' ', $codes), "\n";
// A statement is 360 bytes, and 600 would have been left.
$more = memory_get_usage() - $used;
echo $more < 50_000 ? "nothing is left\n" : "$more bytes more\n";
?>
--EXPECT--
42703
nothing is left
