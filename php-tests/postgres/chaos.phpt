--TEST--
Queries of 200 coroutines amid cancels, timeouts and crashes of the server: every answer belongs to its question
--DESCRIPTION--
The server keeps its data over a crash (fsync is off, but the kernel lives), so that what was
reported can be compared with what is there. TUSK_LONG=1 makes it 200,000 queries.
--SKIPIF--
<?php
require __DIR__ . '/../include/postgres.inc';
Postgres::skip();
?>
--INI--
memory_limit=512M
--FILE--
<?php
require __DIR__ . '/../include/postgres.inc';
use Tusk\Pool\Postgres as Pool;

const COROUTINES = 200;
$each = getenv('TUSK_LONG') ? 1000 : 60;
mt_srand(20261126);
$server = Postgres::start();
$db = Pool::connect($server->address(), max: 6);
$db->execute('CREATE TABLE once (id bigint)');
[$asked, $ended, $answered, $wrong, $failures] = [0, 0, 0, 0, []];
/** Ids whose insert was reported done, or surely not done. */
[$done, $refused] = [[], []];

$one = static function (int $id) use ($db, &$asked, &$ended, &$answered, &$wrong, &$failures, &$done, &$refused): void {
    $asked++;
    try {
        switch ($id % 10) {
            case 0:
                $db->query('SELECT pg_sleep(60)', [], 0.02);
                $wrong++;
                break;
            case 1:
                $db->execute('INSERT INTO once VALUES ($1)', [$id], 20.0);
                $done[] = $id;
                break;
            case 2:
                $wrong += (int) ($db->transaction(static function () use ($db, $id): array {
                    $db->execute('INSERT INTO once VALUES ($1)', [-$id], 20.0);
                    return [$id, $db->query('SELECT $1::bigint', [$id], 20.0)->fetchValue()];
                }, timeout: 20.0) !== [$id, $id]);
                $done[] = -$id;
                break;
            case 3:
                $sum = 0;
                foreach ($db->stream('SELECT $1::bigint + n AS n FROM generate_series(1, 200) n', [$id], 20.0) as $row) {
                    $sum += $row['n'] - $id;
                }
                $wrong += (int) ($sum !== 20100);
                break;
            default:
                $wrong += (int) ($db->query('SELECT $1::bigint AS id, repeat($2, 20) AS x', [$id, "<$id>"], 20.0)->fetchAll()
                    !== [['id' => $id, 'x' => str_repeat("<$id>", 20)]]);
        }
        $answered++;
    } catch (Tusk\Failure $failure) {
        $failures[$failure::class] = ($failures[$failure::class] ?? 0) + 1;
        if ($id % 10 === 1 && str_contains($failure->getMessage(), 'not executed')) {
            $refused[] = $id;
        }
        $failure instanceof Tusk\CancelledException && throw $failure;
    } finally {
        $ended++;
    }
};
$wait = new Tusk\WaitGroup(COROUTINES);
for ($coroutine = 0; $coroutine < COROUTINES; $coroutine++) {
    Tusk\go(static function () use ($coroutine, $each, $one, $wait): void {
        for ($call = 0; $call < $each; $call++) {
            $running = Tusk\go($one, ($coroutine * $each + $call) * 7 + 1);
            if ($call % 20 === 7) {
                Tusk\sleep(mt_rand(0, 3) / 1000);
                $running->cancel();
            }
            try {
                $running->join();
            } catch (Tusk\CancelledException) {
            }
        }
        $wait->done();
    });
}
// The server crashes when so many have been answered: at the pace of the machine.
for ($crashes = 0; $crashes < 3; $crashes++) {
    while ($ended < COROUTINES * $each * ($crashes + 1) / 5) {
        Tusk\sleep(0.01);
    }
    $server->restart($crashes === 1 ? SIGINT : SIGQUIT);
}
$wait->wait();
var_dump($asked === COROUTINES * $each, $asked - $ended, $wrong);
var_dump($answered > $asked / 2, isset($failures[Tusk\TimeoutException::class]), isset($failures[Tusk\CancelledException::class]));
echo json_encode(array_values(array_diff(array_keys($failures), [Tusk\ConnectionException::class, Tusk\TimeoutException::class,
    Tusk\CancelledException::class, Tusk\RemoteException::class]))), "\n";
// Nothing was executed twice; what was reported done is there; what was reported not executed is not.
var_dump($db->query('SELECT count(*) - count(DISTINCT id) FROM once', [], 60.0)->fetchValue());
$there = array_flip($db->query('SELECT id FROM once', [], 60.0)->fetchColumn());
var_dump(count(array_filter($done, fn ($id) => !isset($there[$id]))), count(array_filter($refused, fn ($id) => isset($there[$id]))));
$deadline = microtime(true) + 30;
do {
    Tusk\sleep(0.01);
    $stats = $db->stats();
} while (($stats['in_flight'] || $stats['leased']) && microtime(true) < $deadline);
var_dump($stats['in_flight'], $stats['leased'], $stats['queued'], $stats['connects'] > 3);
?>
--EXPECT--
bool(true)
int(0)
int(0)
bool(true)
bool(true)
bool(true)
[]
int(0)
int(0)
int(0)
int(0)
int(0)
int(0)
bool(true)
