--TEST--
ODBC: a PostgreSQL server that is stopped under load fails what runs, and the pool is whole again when it is back
--EXTENSIONS--
posix
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_driver('PostgreSQL Unicode'); Postgres::skip('pdo_pgsql'); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\{each_of, postgres_dsn};

$server = Postgres::start();
$pid = (int) file("$server->folder/data/postmaster.pid")[0];
$program = readlink("/proc/$pid/exe");
$arguments = array_slice(explode("\0", rtrim(file_get_contents("/proc/$pid/cmdline"), "\0")), 1);
$db = Odbc::connect(postgres_dsn($server->port), max: 4);

$answers = 0;
$ends = each_of(12, function () use ($db, $pid, &$answers): string {
    while (true) {
        try {
            $db->query('SELECT pg_sleep(0.002)', timeout: 20.0);
        } catch (Tusk\ConnectionException | Tusk\RemoteException $e) {
            return 'failed';
        }
        // An immediate shutdown: sessions are dropped in the middle.
        ++$answers === 50 && posix_kill($pid, SIGQUIT);
    }
});
echo json_encode(array_count_values($ends)), ' ', $answers >= 50 ? 'after answers' : $answers, "\n";

Tusk\Tests\Process::start([$program, ...$arguments]);
$deadline = hrtime(true) + 40e9;
do {
    try {
        $back = $db->query('SELECT 1', timeout: 20.0)->count();
    } catch (Tusk\ConnectionException | Tusk\RemoteException $e) {
        $back = 0;
        Tusk\sleep(0.02);
    }
} while ($back === 0 && hrtime(true) < $deadline);
$numbers = each_of(12, fn (int $i) => (int) $db->query('SELECT ? + 0', [$i], timeout: 20.0)->fetchValue());
echo $numbers === range(0, 11) ? 'all answer' : json_encode($numbers), ' ', $db->stats()['leased'], "\n";
?>
--EXPECT--
{"failed":12} after answers
all answer 0
