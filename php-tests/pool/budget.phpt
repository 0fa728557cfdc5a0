--TEST--
A budget: sixteen workers with pools of six stay within the server's limit; a killed worker's share returns; what lies idle goes to who lacks it
--EXTENSIONS--
pcntl
posix
--SKIPIF--
<?php require __DIR__ . '/../include/mariadb.inc'; Mariadb::skip('pdo_mysql');
--FILE--
<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/parallel.inc';
require __DIR__ . '/../include/attempt.inc';

use Tusk\Pool\{Pdo as Pooled, Pool};
use function Tusk\Tests\{attempt, each_of};

const WORKERS = 16;
const LIMIT = 12;

$name = 'test-' . getmypid() . '-' . bin2hex(random_bytes(4));
$owner = getmypid();
register_shutdown_function(fn () => getmypid() === $owner && @unlink('/dev/shm/tusk-budget-' . posix_geteuid() . "-$name"));
// The server has room for what the budget allows, and for those that it has not noticed to be closed.
$db = Mariadb::start('--max-connections=' . LIMIT + WORKERS);
$budget = ['name' => $name, 'limit' => LIMIT];
$open = fn (array $settings = []) => new Pooled($db->dsn(), 'root', '', ['pool' => $settings + ['max' => 6, 'waitTimeout' => 50.0, 'budget' => $budget]]);

/** Children that say on a pipe what they have to say. */
$children = function (int $count, callable $body): array {
    $pipes = $pids = [];
    for ($i = 0; $i < $count; $i++) {
        $pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $pids[$i] = pcntl_fork();
        if ($pids[$i] === 0) {
            fclose($pair[0]);
            try {
                $body($i, $pair[1]);
            } catch (Throwable $thrown) {
                fwrite($pair[1], Tusk\Tests\describe($thrown));
            }
            exit(0);
        }
        fclose($pair[1]);
        $pipes[$i] = $pair[0];
    }
    return [$pids, $pipes];
};

[$pids, $pipes] = $children(WORKERS, function (int $i, $pipe) use ($open) {
    $pdo = $open();
    $right = each_of(12, function (int $n) use ($pdo) {
        $sum = 0;
        for ($round = 0; $round < 4; $round++) {
            $sum += (int) $pdo->query("SELECT $n + SLEEP(0.002)")->fetchColumn();
            Tusk\sleep(0.001);
        }
        return $sum === 4 * $n;
    });
    fwrite($pipe, count(array_filter($right)) . ' right');
});
$said = array_map('stream_get_contents', $pipes);
foreach ($pids as $pid) {
    pcntl_waitpid($pid, $status);
}
foreach (array_count_values($said) as $what => $times) {
    echo "$times workers: $what\n";
}
$plain = $db->pdo();
echo $plain->query("SHOW STATUS LIKE 'Connection_errors_max_connections'")->fetch()[1], " sent away by the server\n";

// One takes all and is killed: who waited gets them.
[[$pid], [$pipe]] = $children(1, function (int $i, $pipe) use ($open) {
    $pdo = $open(['max' => LIMIT]);
    $leases = [];
    for ($n = 0; $n < LIMIT; $n++) {
        $leases[] = $pdo->pool()->acquire();
    }
    fwrite($pipe, 'x');
    Tusk\sleep(60);
});
fread($pipe, 1);
attempt('hurried', fn () => $open(['waitTimeout' => 0.1])->query('SELECT 1'));
$pdo = $open();
posix_kill($pid, SIGKILL);
pcntl_waitpid($pid, $status);
echo (int) $pdo->query('SELECT 42')->fetchColumn(), " after its end\n";

// An idle pool of another worker gives up what this one lacks.
unset($pdo);
[[$pid], [$pipe]] = $children(1, function (int $i, $pipe) use ($open) {
    $pdo = $open(['max' => LIMIT]);
    each_of(LIMIT, fn () => $pdo->query('SELECT SLEEP(0.05)')->fetchAll());
    fwrite($pipe, (string) $pdo->stats()['idle']);
    Tusk\sleep(60);
});
echo fread($pipe, 10), ' idle there, ', (int) $open()->query('SELECT 43')->fetchColumn(), " here\n";
posix_kill($pid, SIGKILL);
pcntl_waitpid($pid, $status);

// Two pools of one process share it too; so does the child of a fork, from nothing.
$small = ['name' => $name, 'limit' => 2];
$first = new Pool(fn () => new stdClass(), budget: $small);
$second = new Pool(fn () => new stdClass(), budget: $small, waitTimeout: 0.05);
$leases = [$first->acquire(), $first->acquire()];
attempt('the third', fn () => $second->acquire());
$child = pcntl_fork();
if ($child === 0) {
    attempt('in a child', fn () => $first->acquire(0.05)->get());
    exit(0);
}
pcntl_waitpid($child, $status);
$leases[0]->discard();
echo get_class($second->acquire(30.0)->get()), " given back\n";

foreach ([['name' => 'x'], ['name' => 'a/b', 'limit' => 2], ['name' => 'x', 'limit' => 0], ['limit' => 'x', 'name' => 'x'], []] as $wrong) {
    attempt('wrong', fn () => new Pool(fn () => 1, budget: $wrong));
}
?>
--EXPECTF--
16 workers: 12 right
0 sent away by the server
hurried: Tusk\TimeoutException: PDO mysql: no connection became free within 0.1 seconds (stage: wait): 0 of at most 6 are lent, 0 wait; the budget "%s" of all workers is spent: 12 of 12 connections are open, 0 of them here. Hold a connection only while it is used, or raise max
42 after its end
12 idle there, 43 here
the third: Tusk\TimeoutException: pool: no connection became free within 0.05 seconds (stage: wait): 0 of at most 8 are lent, 0 wait; the budget "%s" of all workers is spent: 2 of 2 connections are open, 0 of them here. Hold a connection only while it is used, or raise max
in a child: Tusk\TimeoutException: pool: no connection became free within 0.05 seconds (stage: wait): 0 of at most 8 are lent, 0 wait; the budget "%s" of all workers is spent: 2 of 2 connections are open, 0 of them here. Hold a connection only while it is used, or raise max
stdClass given back
wrong: ValueError: Tusk\Pool\Pool::__construct(): Argument #13 ($budget) must be ['name' => 'orders', 'limit' => 60]: all that share it, and their most connections
wrong: Tusk\MisuseError: cannot share a budget of connections: its name must be 1 to 64 letters, digits, points, dashes and underscores
wrong: Tusk\MisuseError: cannot share a budget of connections: its limit must be between 1 and 1000000, and is 0
wrong: ValueError: Tusk\Pool\Pool::__construct(): Argument #13 ($budget) must be ['name' => 'orders', 'limit' => 60]: all that share it, and their most connections
wrong: ValueError: Tusk\Pool\Pool::__construct(): Argument #13 ($budget) must be ['name' => 'orders', 'limit' => 60]: all that share it, and their most connections
