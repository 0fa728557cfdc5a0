--TEST--
Tusk\Pool\Redis is a \Redis: every method of phpredis goes to the pool; what waits travels together, and who gives up is not sent
--SKIPIF--
<?php require __DIR__ . '/../include/redis.inc'; Tusk\Tests\skip_without_redis();
--FILE--
<?php
require __DIR__ . '/../include/redis.inc';
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/parallel.inc';
require __DIR__ . '/../include/attempt.inc';

use Tusk\Pool\Redis as Pooled;
use function Tusk\{go, run, sleep, timeout};
use function Tusk\Tests\{attempt, each_of, redis_server};

$port = redis_server();
$connect = function () use ($port) {
    $redis = new Redis();
    $redis->connect('127.0.0.1', $port, 2.0);
    return $redis;
};

// None of phpredis' methods is left that would run on the object itself, which is not connected.
$left = array_filter(
    (new ReflectionClass(Pooled::class))->getMethods(ReflectionMethod::IS_PUBLIC),
    fn (ReflectionMethod $method) => $method->class === Redis::class && !str_starts_with($method->name, '__'),
);
echo count($left), " left out\n";

function typed(Redis $redis): string
{
    return $redis->get('key');
}

run(function () use ($connect) {
    $redis = new Pooled($connect, max: 1, waitTimeout: 30.0);
    var_dump($redis instanceof Redis);
    $redis->set('key', 'value');
    echo typed($redis), "\n";
    // As with phpredis, without strict types, a number is a key.
    $redis->set(7, 42);
    var_dump($redis->get('7'), $redis->mGet(['key', 7]), $redis->exists('key', '7'));
    // What is returned to go on with is this object, also after a transaction.
    var_dump($redis->multi() === $redis, $redis->incr('n') === $redis, $redis->exec());
    echo json_encode($redis->pipeline()->set('a', 1)->get('a')->exec()), ' ', $redis->stats()['leased'], " lent\n";
    $redis->hMSet('hash', array_combine(range(1, 40), range(1, 40)));
    $found = [];
    $cursor = null;
    while (($some = $redis->hScan('hash', $cursor)) !== false) {
        $found += $some;
        if ($cursor === 0) {
            break;
        }
    }
    echo count($found), " found by reference\n";
    attempt('connect', fn () => $redis->connect('127.0.0.1', 1));
    echo $redis->with(fn (Redis $plain) => $plain::class), "\n";

    // On one connection: while it is busy, what comes waits and goes together.
    $before = $redis->stats()['taken'];
    $held = $redis->pool()->acquire();
    $answers = [];
    $waiting = [];
    for ($i = 0; $i < 300; $i++) {
        $waiting[] = go(function () use ($redis, $i, &$answers) {
            $answers[$i] = $redis->set("many$i", "v$i") && $redis->get("many$i") === "v$i";
        });
        $i % 100 === 99 && sleep(0);
    }
    sleep(0);
    $held->release(true);
    array_map(fn ($one) => $one->join(), $waiting);
    echo count(array_filter($answers)), ' right in ', ($pipelines = $redis->stats()['taken'] - $before - 1) <= 20 ? 'few' : $pipelines, " pipelines\n";

    // Who gives up before the command was sent: it is not sent. The others in the pipeline are not touched.
    $held = $redis->pool()->acquire();
    $redis_waiting = [];
    $gone = go(fn () => $redis->incr('gone'));
    $late = go(fn () => timeout(0.01, fn () => $redis->incr('gone')));
    $stays = go(fn () => $redis->incr('stays'));
    sleep(0);
    $gone->cancel();
    try {
        $late->join();
    } catch (Tusk\TimeoutException) {
        echo "late\n";
    }
    $held->release(true);
    echo $stays->join(), ' ', json_encode($redis->get('gone')), "\n";
    // The coroutine whose command came first, and made the pipeline go, is cancelled.
    $held = $redis->pool()->acquire();
    $first = go(fn () => timeout(0.01, fn () => $redis->incr('first')));
    $second = go(fn () => $redis->incr('second'));
    try {
        $first->join();
    } catch (Tusk\TimeoutException) {
    }
    $held->release(true);
    echo $second->join(), "\n";

    // A deadline of the pool: those that were there fail, who came later does not.
    $short = new Pooled($connect, max: 1, waitTimeout: 0.05);
    $held = $short->pool()->acquire();
    $early = go(fn () => attempt('early', fn () => $short->get('key')));
    sleep(0.04);
    $later = go(fn () => $short->get('key'));
    $early->join();
    $held->release(true);
    echo $later->join(), " later\n";
});
?>
--EXPECTF--
0 left out
bool(true)
value
string(2) "42"
array(2) {
  [0]=>
  string(5) "value"
  [1]=>
  string(2) "42"
}
int(2)
bool(true)
bool(true)
array(1) {
  [0]=>
  int(1)
}
[true,"1"] 0 lent
40 found by reference
connect: Tusk\MisuseError: Redis::connect() would change a connection that others use too: do it in the factory of Tusk\Pool\Redis
Redis
300 right in few pipelines
late
1 false
1
early: Tusk\TimeoutException: Redis: no connection became free within 0.05 seconds (stage: wait): 1 of at most 1 are lent, 0 wait.%sHold a connection only while it is used, or raise max
value later
