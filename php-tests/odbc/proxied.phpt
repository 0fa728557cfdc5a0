--TEST--
ODBC: a real server that is black-holed, slow, half-open and reset: deadlines hold whatever the driver does, nothing is done twice
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_driver('PostgreSQL Unicode'); Postgres::skip('pdo_pgsql'); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';
require __DIR__ . '/../include/fault_proxy.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\{each_of, postgres_dsn};

const DEADLINE = 1.0;
/** What a busy machine may take beyond a deadline. */
const GRACE = 15.0;

$server = Postgres::start();
$proxy = Tusk\Tests\FaultProxy::before($server->port);
$pdo = $server->pdo();
$pdo->exec('CREATE TABLE once (id integer)');
$db = Odbc::connect(postgres_dsn($proxy->port), max: 4, options: ['wait_timeout' => DEADLINE]);

$next = 0;
foreach (['hole', 'slow 50', 'half', 'reset', 'cut 300'] as $fault) {
    $begun = $next;
    $done = [];
    $ended = each_of(24, function (int $i) use ($db, $proxy, $fault, &$next, &$done): string {
        $id = ++$next;
        if ($i === 12) {
            return $proxy->now($fault);
        }
        $from = microtime(true);
        try {
            $answer = (int) $db->query('INSERT INTO once VALUES (?) RETURNING id', [$id], timeout: DEADLINE)->fetchValue();
            $done[$id] = true;
            $said = $answer === $id ? 'done' : "asked $id, got $answer";
        } catch (Tusk\TimeoutException | Tusk\ConnectionException | Tusk\OverloadedException | Tusk\RemoteException) {
            $said = 'failed';
        }
        return microtime(true) - $from > 2 * DEADLINE + GRACE ? "late: $said" : $said;
    });
    $proxy->now('pass');
    $strange = array_diff(array_keys(array_count_values($ended)), ['ok', 'done', 'failed']);
    // The driver lets go of what hangs when its server or the proxy does.
    $proxy->now('reset');
    $until = microtime(true) + 50;
    do {
        try {
            $back = $db->query('SELECT 7', timeout: 5.0)->fetchValue();
        } catch (Tusk\Failure) {
            $back = null;
            Tusk\sleep(0.05);
        }
    } while ($back === null && microtime(true) < $until);
    $there = array_count_values($pdo->query("SELECT id FROM once WHERE id > $begun")->fetchAll(PDO::FETCH_COLUMN));
    $wrong = array_filter($there, fn (int $times) => $times > 1) + array_diff_key($done, $there);
    echo "$fault: ", count($ended), ' ended, ', $strange ? json_encode($strange) : 'none strange', ', ', count($wrong), ' wrong, then ', $back ?? 'nothing', "\n";
}
?>
--EXPECT--
hole: 24 ended, none strange, 0 wrong, then 7
slow 50: 24 ended, none strange, 0 wrong, then 7
half: 24 ended, none strange, 0 wrong, then 7
reset: 24 ended, none strange, 0 wrong, then 7
cut 300: 24 ended, none strange, 0 wrong, then 7
