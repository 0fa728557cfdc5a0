--TEST--
When connecting fails nobody who waits is forgotten, and the server is left alone for a while
--DESCRIPTION--
php-async#141: coroutines that waited for a pool deadlocked when the connects they waited behind failed.
--FILE--
<?php
require __DIR__ . '/../include/parallel.inc';

use Tusk\{Channel, ConnectionException};
use Tusk\Pool\Pool;
use function Tusk\{run, sleep};
use function Tusk\Tests\each_of;

$up = false;
$attempts = 0;
// The server is left alone for a pause; the attempt after it waits until the test is ready.
$ready = new Channel(1);
$pool = new Pool(function () use (&$up, &$attempts, $ready) {
    if (++$attempts > 4) {
        $ready->receive();
    }
    sleep(0.001);
    return $up ? new stdClass() : throw new RuntimeException('connection refused');
}, max: 2, waitTimeout: 30.0, name: 'orders');
$said = each_of(50, function () use ($pool) {
    try {
        $pool->acquire();
        return 'got one';
    } catch (RuntimeException $e) {
        return $e instanceof ConnectionException ? preg_replace('/[\d.]+ (attempts|seconds)/', 'N $1', $e->getMessage()) : $e->getMessage();
    }
});
// While one attempt may still succeed, who has failed waits for it; who tried last says why it did not. The
// others were not made to try, and did not wait for the deadline.
foreach (array_count_values($said) as $what => $times) {
    echo "$times: $what\n";
}
echo "$attempts attempts\n";

// The pool looks by itself whether the server is back: the next who asks need not.
$up = true;
run(function () use ($pool, $ready) {
    $ready->send(true);
    while ($pool->stats()['idle'] === 0) {
        sleep(0.01);
    }
    $ready->close();
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
1: connection refused
49: orders: the server cannot be reached, N attempts failed, the last with: connection refused. Not tried again for N seconds
4 attempts
warm
20 of 20 served by 1
