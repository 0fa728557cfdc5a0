--TEST--
Tusk\Pool\Redis: MULTI inside a pipeline ends with the pipeline
--SKIPIF--
<?php require __DIR__ . '/../include/redis.inc'; Tusk\Tests\skip_without_redis();
--FILE--
<?php
require __DIR__ . '/../include/redis.inc';
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/attempt.inc';

use Tusk\Pool\Redis as Pooled;
use function Tusk\{go, run};
use function Tusk\Tests\{attempt, redis_server};

$port = redis_server();
$connect = function () use ($port) {
    $redis = new Redis();
    $redis->connect('127.0.0.1', $port, 2.0);
    return $redis;
};
run(function () use ($connect) {
    $redis = new Pooled($connect, max: 1, waitTimeout: 30.0);
    $steps = function (Redis $redis) {
        $redis->pipeline();
        $redis->multi();
        $redis->set('q', 1);
        $redis->exec();
        $redis->get('q');
        return $redis->exec();
    };
    attempt('phpredis', fn () => $steps($connect()));
    attempt('pool', fn () => $steps($redis));
    attempt('UNWATCH in MULTI', function () use ($redis) {
        $redis->multi();
        $redis->unwatch();
        $redis->set('q', 2);
        return $redis->exec();
    });
    // WATCH is not ended by a pipeline: the next one must not get it.
    $redis->watch('k');
    $redis->pipeline()->get('k')->exec();
    $redis->set('k', 1);
    attempt('after WATCH and a pipeline', fn () => go(fn () => $redis->multi()->set('z', 'ok')->exec())->join());
    attempt('lent', fn () => $redis->stats()['leased']);
});
?>
--EXPECT--
phpredis: [[true],"1"]
pool: [[true],"1"]
UNWATCH in MULTI: [true,true]
after WATCH and a pipeline: [true]
lent: 0
