--TEST--
A connection whose peer has closed it while it was idle is not lent to who asks for a look, and the idle ones like it go too
--FILE--
<?php
declare(strict_types=1);

require __DIR__ . '/../include/attempt.inc';

use Tusk\Pool\Pool;
use function Tusk\{go, run, sleep};
use function Tusk\Tests\attempt;

$peers = [];
$pool = new Pool(function () use (&$peers) {
    [$connection, $peers[]] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    return $connection;
}, max: 3);

$say = function (string $what) use ($pool) {
    ['created' => $created, 'idle' => $idle, 'leased' => $leased, 'closed' => $closed] = $pool->stats();
    echo "$what: $created created, $idle idle, $leased leased, {$closed['broken']} broken\n";
};

$leases = [$pool->acquire(), $pool->acquire(), $pool->acquire()];
array_map(fn ($lease) => $lease->release(), $leases);
$say('three');
$lease = $pool->acquire(null, true);
$say('all well');
$lease->release();
fclose($peers[0]);
fclose($peers[1]);
fclose($peers[2]);
$blind = $pool->acquire();
var_dump($blind->hasHungUp());
$blind->release();
$lease = $pool->acquire(look: true);
var_dump($lease->hasHungUp());
$say('looked');
$lease->release();

run(function () use ($pool, &$peers, $say) {
    // What has answered before the loop turned is looked at all the same.
    $lease = $pool->acquire(null, true);
    $lease->answered();
    fclose(end($peers));
    sleep(0.001);
    $lease->release();
    $other = go(fn () => sleep(0.001));
    $lease = $pool->acquire(null, true);
    var_dump($lease->hasHungUp());
    $other->join();
    $lease->release();
    $lease->answered();
    $say('in a coroutine');
});

// One that cannot be replaced: the server is gone.
$peers = [];
$down = new Pool(function () use (&$peers) {
    if ($peers !== []) {
        throw new RuntimeException('refused');
    }
    [$connection, $peers[]] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    return $connection;
}, max: 1);
$down->acquire()->release();
fclose($peers[0]);
attempt('nobody there', fn () => $down->acquire(1.0, true));
attempt('bad argument', fn () => $down->acquire(1.0, 'yes'));
echo $down->stats()['leased'], " leased\n";
?>
--EXPECT--
three: 3 created, 3 idle, 0 leased, 0 broken
all well: 3 created, 2 idle, 1 leased, 0 broken
bool(true)
bool(false)
looked: 4 created, 0 idle, 1 leased, 3 broken
bool(false)
in a coroutine: 5 created, 1 idle, 0 leased, 4 broken
nobody there: RuntimeException: refused
bad argument: TypeError: Tusk\Pool\Pool::acquire(): Argument #2 ($look) must be of type bool, string given
0 leased
