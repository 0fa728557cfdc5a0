--TEST--
When connecting fails nobody who waits is forgotten, and the server is left alone for a while
--DESCRIPTION--
php-async#141: coroutines that waited for a pool deadlocked when the connects they waited behind failed.
--FILE--
<?php
require __DIR__ . '/../include/parallel.inc';

use Tusk\ConnectionException;
use Tusk\Pool\Pool;
use function Tusk\{run, sleep};
use function Tusk\Tests\each_of;

$up = false;
$attempts = 0;
$pool = new Pool(function () use (&$up, &$attempts) {
    $attempts++;
    sleep(0.001);
    return $up ? new stdClass() : throw new RuntimeException('connection refused');
}, max: 2, waitTimeout: 30.0, name: 'orders');
$said = each_of(50, function () use ($pool) {
    try {
        $pool->acquire();
        return 'got one';
    } catch (RuntimeException $e) {
        return $e instanceof ConnectionException ? 'refused' : $e->getMessage();
    }
});
// Who tried says why; the others were not made to try, and did not wait for the deadline.
echo json_encode(array_count_values($said)), "\n", $attempts <= 4 ? "asked a few times\n" : "asked $attempts times\n";
try {
    $pool->acquire();
} catch (ConnectionException $e) {
    echo preg_replace('/[\d.]+ (attempts|seconds)/', 'N $1', $e->getMessage()), "\n";
}

// The pool looks by itself whether the server is back: the next who asks need not.
$up = true;
run(function () use ($pool) {
    while ($pool->stats()['idle'] === 0) {
        sleep(0.01);
    }
});
$before = $attempts;
each_of(2, fn () => $pool->acquire()->get());
echo $attempts - $before <= 1 ? "warm\n" : "cold\n";

// While there are connections, one that cannot be made is no reason to fail: "too many connections".
$pool = new Pool(function () use (&$up) {
    if (!$up) {
        throw new RuntimeException('too many connections');
    }
    $up = false;
    return new stdClass();
}, max: 3, waitTimeout: 30.0);
$up = true;
echo count(array_filter(each_of(20, fn () => $pool->with(function () {
    sleep(0.001);
    return true;
})))), " of 20 served by ", $pool->stats()['created'], "\n";
?>
--EXPECT--
{"connection refused":4,"refused":46}
asked a few times
orders: the server cannot be reached, N attempts failed, the last with: connection refused. Not tried again for N seconds
warm
20 of 20 served by 1
