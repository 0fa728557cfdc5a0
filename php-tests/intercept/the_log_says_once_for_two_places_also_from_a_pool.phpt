--TEST--
A statement that is let go of after its connection was handed on: the log says once where both are, not at every turn
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip('pdo_pgsql');
?>
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/../include/parallel.inc';

use Tusk\Pool\Pool;
use function Tusk\Tests\each_of;

$server = Postgres::start();
$log = tempnam(sys_get_temp_dir(), 'log');
ini_set('error_log', $log);

$pool = new Pool(factory: fn () => $server->pdo(), max: 1, waitTimeout: 50.0);
$right = each_of(10, function (int $i) use ($pool) {
    $right = 0;
    for ($n = 0; $n < 10; $n++) {
        $lease = $pool->acquire();
        $statement = $lease->get()->prepare('select ?::int from pg_sleep(0.0002)');
        $statement->execute([$i * 10 + $n]);
        $right += (int) $statement->fetchColumn() === $i * 10 + $n;
        $lease->release();
        // PDO tells the server that the statement is gone, on a connection that is another's by now.
        unset($statement);
    }
    return $right;
});
echo array_sum($right), " of 100 right\n";

preg_match_all('/Tusk: two coroutines .*/', file_get_contents($log), $lines);
$waits = array_sum(array_column(Tusk\Runtime::report()['shared_handles'], 'waits'));
echo $waits > count($lines[0]) ? "waits at the same places\n" : "$waits waits\n";
echo count($lines[0]) > 0 ? "logged\n" : "not logged\n";
echo count($lines[0]) === count(array_unique($lines[0])) ? "each pair once\n" : count($lines[0]) . " lines: {$lines[0][0]}\n";
unlink($log);
?>
--EXPECT--
100 of 100 right
waits at the same places
logged
each pair once
