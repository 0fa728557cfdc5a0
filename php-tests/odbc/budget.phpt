--TEST--
ODBC: workers share a budget; a killed one's share returns, and an idle one gives up what another lacks
--EXTENSIONS--
pcntl
posix
--SKIPIF--
<?php require __DIR__ . '/../include/odbc_pool.inc'; Tusk\Tests\skip_without_bad_driver(); ?>
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/odbc_pool.inc';

use Tusk\Pool\Odbc;
use function Tusk\Tests\{bad_driver, each_of, thrown};

$name = 'test-' . getmypid() . '-' . bin2hex(random_bytes(4));
register_shutdown_function(fn () => @unlink('/dev/shm/tusk-budget-' . posix_geteuid() . "-$name"));
$open = fn (int $max, float $wait = 30.0) => Odbc::connect(bad_driver(), max: $max, options: [
    'budget' => ['name' => $name, 'limit' => 3], 'wait_timeout' => $wait, 'lazy' => true,
]);

// A child takes all and holds it.
[$here, $there] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$pid = pcntl_fork();
if ($pid === 0) {
    fclose($here);
    $db = $open(3);
    for ($i = 0; $i < 3; $i++) {
        Tusk\go(fn () => $db->query('sleep 60000'));
    }
    while ($db->stats()['leased'] < 3) {
        Tusk\sleep(0.001);
    }
    fwrite($there, 'x');
    Tusk\sleep(60);
    exit;
}
fclose($there);
fread($here, 1);
$db = $open(3, 0.1);
echo thrown(fn () => $db->query('rows 1')), "\n";
posix_kill($pid, SIGKILL);
pcntl_waitpid($pid, $status);
echo $db->query('rows 1')->count(), " after its end\n";

// Two idle pools of one budget: what one has and does not use, the other gets.
each_of(3, fn () => $db->query('sleep 20'));
$other = $open(3);
echo $other->query('rows 1', timeout: 30.0)->count(), " by the other pool\n";
echo array_sum(array_map(fn ($pool) => $pool->stats()['idle'] + $pool->stats()['leased'], [$db, $other])) <= 3 ? 'within' : 'beyond', " the budget\n";
foreach ([['name' => 'x'], ['name' => 'a/b', 'limit' => 2], ['name' => 'x', 'limit' => 0], 5] as $wrong) {
    echo thrown(fn () => Odbc::connect('x', options: ['budget' => $wrong])), "\n";
}
?>
--EXPECTF--
Tusk\TimeoutException(0): no connection became free in time (stage: wait): 0 are lent, 0 are being recovered, 0 coroutines wait; hold a connection only while it is used, or raise max; the budget "%s" of all workers is spent: 3 of 3 connections are open, 0 of them here
1 after its end
1 by the other pool
within the budget
ValueError(0): %s has the option "budget", which must be ['name' => 'orders', 'limit' => 60]: all that share it, and their most connections
Tusk\MisuseError(0): cannot share a budget of connections: its name must be 1 to 64 letters, %s
Tusk\MisuseError(0): cannot share a budget of connections: its limit must be between 1 and 1000000, and is 0
ValueError(0): %s has the option "budget", which must be ['name' => 'orders', 'limit' => 60]: all that share it, and their most connections
