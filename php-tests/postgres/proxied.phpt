--TEST--
A real server behind a network that black-holes, stalls, cuts and resets: deadlines hold, nothing is done twice, the pool is whole again
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/postgres.inc';
require __DIR__ . '/../include/fault_proxy.inc';
require __DIR__ . '/../include/parallel.inc';

use Tusk\Pool\Postgres as Pool;
use Tusk\Tests\FaultProxy;
use function Tusk\Tests\each_of;

/** What a busy machine may take beyond a deadline. */
const GRACE = 15.0;

$server = Postgres::start();
$proxy = FaultProxy::before($server->port);
$admin = Pool::connect($server->address(), max: 1);
$admin->execute('CREATE TABLE once (id bigint)');
$db = Pool::connect($server->address(['port' => $proxy->port, 'connect_timeout' => 2]), max: 4);

/** What came of it: its result, or how it failed; late if it took far longer than its deadline. */
$attempt = function (callable $do, float $deadline): string {
    $begun = microtime(true);
    try {
        $ended = (string) $do();
    } catch (Tusk\TimeoutException | Tusk\ConnectionException | Tusk\OverloadedException $failure) {
        $ended = (new ReflectionClass($failure))->getShortName();
    }
    return $ended . (microtime(true) - $begun > $deadline + GRACE ? ', late' : '');
};
/** The network is well again: the pool finds out by itself. */
$healed = function (string $after) use ($proxy, $db, $attempt): void {
    $proxy->now('pass');
    $until = microtime(true) + 30;
    do {
        $answer = $attempt(fn () => $db->query('SELECT 7', [], 2.0)->fetchValue(), 2.0);
    } while ($answer !== '7' && microtime(true) < $until);
    while (array_sum(array_intersect_key($db->stats(), ['leased' => 1, 'in_flight' => 1, 'queued' => 1])) > 0 && microtime(true) < $until) {
        Tusk\sleep(0.01);
    }
    $all = each_of(12, fn (int $i) => $attempt(fn () => $db->query('SELECT $1::int', [$i], 20.0)->fetchValue(), 20.0));
    echo "$after, then ", $all === array_map(strval(...), range(0, 11)) ? 'whole' : json_encode($all), "\n";
};
/** 40 coroutines write a number each and read it back while `$fault` happens; what came of them. */
$next = 0;
$load = function (string $fault) use ($db, $proxy, $admin, $attempt, &$next): void {
    $from = $next;
    $said = [];
    $ended = each_of(40, function (int $i) use ($db, $proxy, $attempt, $fault, &$next, &$said): string {
        $id = $next++;
        if ($i === 20) {
            return $proxy->now($fault);
        }
        return $attempt(function () use ($db, $id, &$said): string {
            try {
                $back = $db->query('INSERT INTO once VALUES ($1) RETURNING id, repeat(\'x\', 300)', [$id], 1.0)->fetchValue();
            } catch (Tusk\ConnectionException $failure) {
                $said[$id] = str_contains($failure->getMessage(), 'may have been executed') ? 'maybe' : 'not';
                throw $failure;
            }
            $said[$id] = 'done';
            return $back === $id ? 'done' : "asked $id, got $back";
        }, 1.0);
    });
    $kinds = array_diff(array_keys(array_count_values($ended)), ['ok', 'done', 'TimeoutException', 'ConnectionException']);
    echo "$fault: ", count($ended), ' ended', $kinds ? json_encode($kinds) : '', "\n";
    $proxy->now('pass');
    $there = array_count_values($admin->query('SELECT id FROM once WHERE id >= $1', [$from], 60.0)->fetchColumn());
    foreach ($said as $id => $word) {
        $times = $there[$id] ?? 0;
        ($times > 1 || ($word === 'done' && $times !== 1) || ($word === 'not' && $times !== 0)) && print("$id is $word, and there $times times\n");
    }
};

$load('pass');
$healed('without a fault');

// Everything that is on its way stays there.
$proxy->now('hole');
echo 'hole: ', $attempt(fn () => $db->query('SELECT 1', [], 0.2)->fetchValue(), 0.2), ' ',
    $attempt(fn () => $db->transaction(fn () => $db->query('SELECT 1', [], 0.2)->fetchValue(), timeout: 0.2), 0.4), ' ',
    $attempt(fn () => Pool::connect($server->address(['port' => $proxy->port, 'connect_timeout' => 0.2]))->query('SELECT 1')->fetchValue(), 0.2), "\n";
$healed('black-holed');
$load('hole');
$healed('black-holed under load');

$proxy->now('slow 300');
echo 'slow: ', $attempt(fn () => $db->query('SELECT 1', [], 0.05)->fetchValue(), 0.05), ' ',
    $attempt(fn () => $db->query('SELECT 1', [], 20.0)->fetchValue(), 20.0), "\n";
$healed('slow');
$load('slow 30');
$healed('slow under load');

// The server's side is gone, and nobody said so.
$proxy->now('half');
echo 'half-open: ', $attempt(fn () => $db->query('SELECT 1', [], 0.2)->fetchValue(), 0.2), "\n";
$healed('half-open');
$load('half');
$healed('half-open under load');

foreach (['reset', 'cut 1000', 'cut 1'] as $fault) {
    $load($fault);
    $healed("$fault under load");
}

// Nobody listens: who needs a connection waits for one as long as connect_timeout says.
$proxy->now('refuse');
$proxy->now('reset');
echo 'refused: ', $attempt(fn () => $db->query('SELECT 1', [], 20.0)->fetchValue(), 2.0), ' ',
    $attempt(fn () => $db->query('SELECT 1', [], 0.1)->fetchValue(), 0.1), "\n";
$healed('refused');
?>
--EXPECT--
pass: 40 ended
without a fault, then whole
hole: TimeoutException TimeoutException ConnectionException
black-holed, then whole
hole: 40 ended
black-holed under load, then whole
slow: TimeoutException 1
slow, then whole
slow 30: 40 ended
slow under load, then whole
half-open: TimeoutException
half-open, then whole
half: 40 ended
half-open under load, then whole
reset: 40 ended
reset under load, then whole
cut 1000: 40 ended
cut 1000 under load, then whole
cut 1: 40 ended
cut 1 under load, then whole
refused: ConnectionException TimeoutException
refused, then whole
