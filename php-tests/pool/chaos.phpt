--TEST--
Servers are killed and restarted, connections are cut and coroutines cancelled, all under load: every request ends by its deadline
--DESCRIPTION--
TUSK_SEED replays a run; TUSK_CHAOS_SECONDS makes it longer (bin/test --long: 600). Each request
writes its own number once and reads it back: nothing may be executed twice, and no answer may be
somebody else's.
--CONFLICTS--
all
--SKIPIF--
<?php require __DIR__ . '/../include/mariadb.inc'; Mariadb::skip('pdo_mysql');
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/autoload.inc';

use Tusk\Pool\Pdo as Pooled;
use function Tusk\{go, run, sleep};

const DEADLINE = 5.0;
/** What a request may take beyond its deadline on a busy machine. */
const GRACE = 10.0;

$seed = (int) (getenv('TUSK_SEED') ?: random_int(1, 1 << 30));
mt_srand($seed);
$seconds = (float) (getenv('TUSK_CHAOS_SECONDS') ?: 30);
$db = Mariadb::start();
$pdo = new Pooled($db->dsn(), 'root', '', [PDO::ATTR_TIMEOUT => 2, 'pool' => ['max' => 6, 'waitTimeout' => DEADLINE]]);

$pdo->exec('CREATE TABLE written (id BIGINT PRIMARY KEY, times INT NOT NULL)');
$outcome = ['answered' => 0, 'failed' => 0, 'cancelled' => 0];
$wrong = [];
$late = 0;
$faults = 0;
$next = 0;
run(function () use ($pdo, $db, $seconds, &$outcome, &$wrong, &$late, &$faults, &$next) {
    $until = hrtime(true) + (int) ($seconds * 1e9);
    $requests = [];
    for ($client = 0; $client < 30; $client++) {
        $requests[] = go(function () use ($pdo, $until, &$outcome, &$wrong, &$late, &$next) {
            while (hrtime(true) < $until) {
                $id = ++$next;
                $request = go(function () use ($pdo, $id, &$wrong) {
                    switch ($id % 3) {
                        case 0:
                            $pdo->beginTransaction();
                            $pdo->exec("INSERT INTO written VALUES ($id, 1) ON DUPLICATE KEY UPDATE times = times + 1");
                            $pdo->commit();
                            break;
                        case 1:
                            $pdo->prepare('INSERT INTO written VALUES (?, 1) ON DUPLICATE KEY UPDATE times = times + 1')->execute([$id]);
                            break;
                        default:
                            $pdo->query('SELECT SLEEP(0.002)')->fetchAll();
                    }
                    $answer = (int) $pdo->query("SELECT $id")->fetchColumn();
                    $answer === $id || $wrong[] = "asked $id, got $answer";
                });
                $cancels = mt_rand(0, 19) === 0;
                if ($cancels) {
                    sleep(0.001);
                    $request->cancel();
                }
                $began = hrtime(true);
                try {
                    $request->join();
                    $outcome['answered']++;
                } catch (Tusk\CancelledException) {
                    $outcome['cancelled']++;
                } catch (PDOException | Tusk\TimeoutException | Tusk\ConnectionException) {
                    $outcome['failed']++;
                    sleep(0.01);
                }
                (hrtime(true) - $began) / 1e9 > DEADLINE * 3 + GRACE && $late++;
            }
        });
    }
    $chaos = go(function () use ($db, $until, &$faults) {
        while (hrtime(true) < $until) {
            sleep(mt_rand(100, 600) / 1000);
            $faults++;
            if (mt_rand(0, 3) === 0) {
                $db->kill();
                sleep(mt_rand(0, 300) / 1000);
                $db->startAgain();
                continue;
            }
            // The server closes connections as an administrator or a timeout would.
            try {
                $admin = $db->pdo([PDO::ATTR_TIMEOUT => 2]);
                foreach ($admin->query('SHOW PROCESSLIST')->fetchAll(PDO::FETCH_NUM) as [$id, $user, , , $command]) {
                    if ($user === 'root' && mt_rand(0, 1) === 0) {
                        try {
                            $admin->exec("KILL $id");
                        } catch (PDOException) {
                            // Its own, or gone already.
                        }
                    }
                }
                unset($admin);
            } catch (PDOException) {
            }
        }
    });
    $chaos->join();
    foreach ($requests as $request) {
        $request->join();
    }
    // The pool is full again: as many at once as there may be.
    $again = [];
    for ($i = 0; $i < 12; $i++) {
        $again[] = go(function () use ($pdo, $i) {
            // The last fault may be found only now, and the server left alone for some seconds.
            for ($try = 0; $try < 500; $try++) {
                try {
                    return (int) $pdo->query("SELECT $i + SLEEP(0.01)")->fetchColumn();
                } catch (PDOException | Tusk\ConnectionException) {
                    sleep(0.02);
                }
            }
            return -1;
        });
    }
    $sum = 0;
    foreach ($again as $one) {
        $sum += $one->join();
    }
    echo $sum === 66 ? "full again\n" : "sum $sum\n";
});
$twice = (int) $pdo->query('SELECT COUNT(*) FROM written WHERE times > 1')->fetchColumn();
['leased' => $leased, 'waiting' => $waiting, 'creating' => $creating] = $pdo->stats();
echo "$twice executed twice, ", count($wrong), " wrong answers, $late late, $leased leased, $waiting waiting, $creating creating\n";
$fine = $twice === 0 && $wrong === [] && $late === 0 && $leased + $waiting + $creating === 0;
echo array_sum($outcome) === $next ? "every request ended\n" : "some are missing\n";
echo $outcome['answered'] > 0 && $faults > 0 ? "under load\n" : "no load\n";
$fine || print("replay with TUSK_SEED=$seed: " . json_encode([$outcome, $faults, array_slice($wrong, 0, 3), $pdo->stats()]) . "\n");
fprintf(STDERR, '');
?>
--EXPECT--
full again
0 executed twice, 0 wrong answers, 0 late, 0 leased, 0 waiting, 0 creating
every request ended
under load
