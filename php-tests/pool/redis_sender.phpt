--TEST--
Tusk\Pool\Redis: what becomes of the coroutine whose command came first is nothing to others, who wait for the same connection
--INI--
tusk.max_coroutines=40
--SKIPIF--
<?php require __DIR__ . '/../include/redis.inc'; Tusk\Tests\skip_without_redis();
--FILE--
<?php
require __DIR__ . '/../include/redis.inc';
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/attempt.inc';

use Tusk\{Coroutine, OverloadedException, Scope};
use Tusk\Pool\Redis as Pooled;
use function Tusk\{go, parallel, run, sleep, timeout};
use function Tusk\Tests\{attempt, redis_server};

const PATIENCE = 20.0;

$port = redis_server();
$made = fn () => new Pooled(function () use ($port) {
    $redis = new Redis();
    $redis->connect('127.0.0.1', $port, 2.0);
    return $redis;
}, max: 1, waitTimeout: 60.0);
$made()->set('key', 'value');
// One that hangs is reported, and not the test's end.
$get = fn (Pooled $redis) => timeout(PATIENCE, fn () => $redis->get('key'));

run(function () use ($made, $get) {
    $redis = $made();
    attempt('first fails with its group', fn () => parallel([fn () => $redis->get('key'), fn () => throw new RuntimeException('no price')]));
    attempt('after a group', fn () => $get($redis));

    $redis = $made();
    $request = go(fn () => run(fn () => $redis->get('key')));
    sleep(0);
    $request->cancel();
    attempt('cancelled request', fn () => $request->join());
    attempt('after a request', fn () => $get($redis));

    // While the sender waits for the connection.
    $redis = $made();
    $held = $redis->pool()->acquire();
    $waits = new Tusk\Channel();
    $scope = go(fn () => attempt('scope', fn () => Scope::run(function (Scope $scope) use ($redis, $waits) {
        $scope->go(fn () => $redis->get('key'));
        $waits->receive();
        throw new RuntimeException('stopped');
    })));
    while ($redis->stats()['waiting'] === 0) {
        sleep(0);
    }
    $other = go(fn () => attempt('another', fn () => $get($redis)));
    sleep(0);
    $waits->send(true);
    $scope->join();
    $held->release(true);
    $other->join();
    attempt('after both', fn () => $get($redis));

    // Everybody has gone, and the command is on its way.
    $redis = $made();
    $gone = go(fn () => $redis->eval("while redis.call('get', 'go') ~= '1' do redis.call('set', 'go', '1') end return 1"));
    while ($redis->stats()['leased'] === 0) {
        sleep(0);
    }
    $gone->cancel();
    attempt('after one that was sent', fn () => $get($redis));

    // No coroutine can be made.
    $redis = $made();
    $many = [];
    try {
        while (true) {
            $many[] = go(fn () => Coroutine::suspend());
        }
    } catch (OverloadedException) {
    }
    try {
        $redis->get('key');
    } catch (OverloadedException) {
        echo "overloaded\n";
    }
    array_map(fn (Coroutine $one) => $one->cancel(), $many);
    while (count(Coroutine::all()) > 5) {
        sleep(0);
    }
    attempt('after the load', fn () => $get($redis));
});
?>
--EXPECT--
first fails with its group: RuntimeException: no price
after a group: "value"
cancelled request: Tusk\CancelledException: the coroutine was cancelled
after a request: "value"
scope: RuntimeException: stopped
another: "value"
after both: "value"
after one that was sent: "value"
overloaded
after the load: "value"
