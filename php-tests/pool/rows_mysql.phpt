--TEST--
Rows of MySQL that are in memory hold no connection: also while others use it, executed again, kept, and where that must not be
--SKIPIF--
<?php require __DIR__ . '/../include/mariadb.inc'; Mariadb::skip('pdo_mysql');
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/attempt.inc';
require __DIR__ . '/../include/parallel.inc';

use Tusk\Channel;
use Tusk\Pool\Pdo as Pooled;
use function Tusk\{go, run};
use function Tusk\Tests\{attempt, each_of};

$db = Mariadb::start();
$pool = fn (int $max, array $options = [], array $settings = []) => new Pooled(
    $db->dsn(),
    'root',
    '',
    $options + ['pool' => $settings + ['max' => $max, 'waitTimeout' => 30.0]],
);
const ID = 'SELECT CONNECTION_ID() AS id, 7 AS n';
/** What SQL does is not known before it has run once. */
$known = function (Pooled $pdo): Pooled {
    $pdo->query(ID)->fetchAll();
    return $pdo;
};
$lent = fn (Pooled $pdo) => $pdo->stats()['leased'] . ' lent';

run(function () use ($pool, $known, $lent, $db) {
    $pdo = $known($pool(1));
    $rows = $pdo->query(ID);
    echo $lent($pdo), " with rows to fetch\n";
    // On the one connection there is, in the middle of several results of somebody else.
    $admin = $pool(1, [PDO::MYSQL_ATTR_MULTI_STATEMENTS => true]);
    $pdo->exec('CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 2; END');
    $call = $pdo->query('CALL two()');
    echo $lent($pdo), " with a procedure's results\n";
    var_dump($rows->closeCursor(), $rows->nextRowset(), $rows->rowCount(), $rows->columnCount(), $rows->errorInfo()[0], $rows->sql() === ID, $rows->queryString === ID);
    unset($rows);
    var_dump($call->fetchAll(PDO::FETCH_COLUMN), $call->nextRowset(), $call->fetchAll(PDO::FETCH_COLUMN));
    unset($call);
    echo $lent($pdo), "\n";

    foreach ($pdo->query(ID) as $row) {
        echo 'iterated: ', $row['n'], "\n";
    }
    $rows = $pdo->query(ID);
    var_dump((int) $rows->fetchColumn(1), $rows->fetch());
    $rows->setFetchMode(PDO::FETCH_NUM);

    // Executed again, on whichever connection is free.
    $two = $known($pool(2));
    $rows = $two->query(ID);
    $taken = new Channel();
    $other = go(function () use ($two, $taken) {
        $two->beginTransaction();
        $id = $two->query(ID)->fetch()['id'];
        $taken->send($id);
        $taken->receive();
        $two->rollBack();
    });
    $busy = $taken->receive();
    var_dump($rows->execute());
    $second = $rows->fetch()['id'];
    echo 'executed again: ', $second === $busy ? 'on a connection in use' : 'on a free one', ', ', $lent($two), "\n";
    $taken->send(null);
    $other->join();
    // Attributes that were set since hold there too.
    $two->setAttribute(PDO::ATTR_STRINGIFY_FETCHES, true);
    $rows->execute();
    echo json_encode($rows->fetch(PDO::FETCH_ASSOC)['n']), ' ', $lent($two), "\n";
    unset($two);
    attempt('without its pool', fn () => $rows->execute());

    // In a transaction, and with cursors, the connection is the coroutine's.
    $pdo->beginTransaction();
    $in = $pdo->query(ID);
    echo get_class($in), ' ', $lent($pdo), " in a transaction\n";
    unset($in);
    $pdo->commit();
    echo $lent($pdo), " after it\n";

    foreach (['unbuffered' => [PDO::MYSQL_ATTR_USE_BUFFERED_QUERY => false], 'prepared' => [PDO::ATTR_EMULATE_PREPARES => false],
        'silent' => [PDO::ATTR_ERRMODE => PDO::ERRMODE_SILENT], 'no autocommit' => [PDO::ATTR_AUTOCOMMIT => 0]] as $name => $options) {
        $pdo = $known($pool(1, $options));
        $rows = $pdo->query(ID);
        echo "$name: ", get_class($rows), ', ', count($rows->fetchAll()), " row\n";
    }
    $pdo = $known($pool(1));
    $pdo->setAttribute(PDO::ATTR_DEFAULT_FETCH_MODE, PDO::FETCH_NUM);
    echo 'an attribute: ', json_encode(array_keys($pdo->query(ID)->fetch())), json_encode(array_keys($pdo->query(ID)->fetch())), "\n";

    // What fails, is cancelled or has lost its connection leaves the pool whole.
    $pdo = $known($pool(1));
    $pdo->exec('CREATE TABLE gone (n INT)');
    $pdo->query('SELECT n FROM gone')->fetchAll();
    $pdo->exec('DROP TABLE gone');
    attempt('failed', fn () => $pdo->query('SELECT n FROM gone'));
    echo $pdo->errorCode(), "\n";
    echo (int) $pdo->query(ID)->fetchColumn(1), ', ', $pdo->errorCode(), ', ', $pdo->stats()['created'], " connection\n";
    $direct = $db->pdo();
    $direct->exec('CREATE TABLE pause (s FLOAT)');
    $direct->exec('INSERT INTO pause VALUES (0)');
    $slow = 'SELECT SLEEP(s) FROM pause';
    $pdo->query($slow)->fetchAll();
    $direct->exec('UPDATE pause SET s = 1000');
    foreach (['cancelled', 'killed'] as $how) {
        $id = $pdo->query(ID)->fetch()['id'];
        $sleeper = go(fn () => $pdo->query($slow)->fetchAll());
        do {
            // Another connection, so the loop turns until the query has reached the server.
            $runs = (int) $direct->query("SELECT COUNT(*) FROM information_schema.processlist WHERE id = $id AND info LIKE '%pause%'")->fetchColumn();
        } while ($runs === 0);
        $how === 'killed' ? $direct->exec("KILL $id") : $sleeper->cancel();
        attempt($how, function () use ($sleeper) {
            try {
                $sleeper->join();
            } catch (PDOException) {
                return 'a PDOException';
            }
        });
        echo (int) $pdo->query(ID)->fetchColumn(1), ', ', $lent($pdo), "\n";
    }
    $id = $pdo->query(ID)->fetch()['id'];
    $direct->exec("KILL $id");
    do {
        $left = (int) $direct->query("SELECT COUNT(*) FROM information_schema.processlist WHERE id = $id")->fetchColumn();
    } while ($left > 0);
    echo 'killed while idle: ', (int) $pdo->query(ID)->fetchColumn(1), "\n";
});

$pdo = $known($pool(3));
echo json_encode(array_count_values(each_of(200, fn (int $i) => (int) $pdo->query(ID)->fetchColumn(1)))), ' by ', $pdo->stats()['created'] <= 3 ? 'at most 3' : 'too many', " connections\n";
?>
--EXPECT--
0 lent with rows to fetch
1 lent with a procedure's results
bool(true)
bool(false)
int(1)
int(0)
string(5) "00000"
bool(true)
bool(true)
array(1) {
  [0]=>
  int(1)
}
bool(true)
array(1) {
  [0]=>
  int(2)
}
0 lent
iterated: 7
int(7)
bool(false)
bool(true)
executed again: on a free one, 1 lent
"7" 0 lent
without its pool: Tusk\MisuseError: this statement cannot be executed: the Tusk\Pool\Pdo that it came from is gone
Tusk\Pool\PdoStatement 1 lent in a transaction
0 lent after it
unbuffered: Tusk\Pool\PdoStatement, 1 row
prepared: Tusk\Pool\PdoStatement, 1 row
silent: Tusk\Pool\PdoStatement, 1 row
no autocommit: Tusk\Pool\PdoStatement, 1 row
an attribute: [0,1][0,1]
failed: PDOException: SQLSTATE[42S02]: Base table or view not found: 1146 Table 'test.gone' doesn't exist
42S02
7, 00000, 1 connection
cancelled: Tusk\CancelledException: the coroutine was cancelled
7, 0 lent
killed: "a PDOException"
7, 0 lent
killed while idle: 7
{"7":200} by at most 3 connections
