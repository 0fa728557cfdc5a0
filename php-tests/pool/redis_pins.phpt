--TEST--
Tusk\Pool\Redis: MULTI inside a pipeline ends with the pipeline, and nobody gets a connection as with() left it
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

    // As with() left it, nobody gets it.
    $redis->with(fn (Redis $own) => $own->select(3));
    $redis->set('where', 'here');
    attempt('after SELECT', fn () => $connect()->get('where'));
    $redis->with(fn (Redis $own) => $own->watch('k'));
    $redis->set('k', 2);
    attempt('after WATCH', fn () => $redis->multi()->set('z', 'ok')->exec());
    $redis->with(fn (Redis $own) => $own->multi());
    attempt('after MULTI', fn () => $redis->get('k'));
    $redis->with(fn (Redis $own) => $own->pipeline());
    attempt('after pipeline()', fn () => $redis->get('k'));
    attempt('connections', fn () => $redis->stats()['created']);
});
?>
--EXPECT--
phpredis: [[true],"1"]
pool: [[true],"1"]
UNWATCH in MULTI: [true,true]
after WATCH and a pipeline: [true]
lent: 0
after SELECT: "here"
after WATCH: [true]
after MULTI: "2"
after pipeline(): "2"
connections: 1
