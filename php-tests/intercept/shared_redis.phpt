--TEST--
One Redis object, many coroutines: answers go to who asked, MULTI stays whole, a cancelled one connects anew
--SKIPIF--
<?php
require __DIR__ . '/../include/redis.inc';
Tusk\Tests\skip_without_redis();
?>
--FILE--
<?php
require __DIR__ . '/../include/redis.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;

ini_set('error_log', '/dev/null');
$redis = new Redis();
$redis->connect('127.0.0.1', Tusk\Tests\redis_server());

$same = each_of(20, fn(int $i) => $redis->echo("answer $i"));
var_dump($same === array_map(fn(int $i) => "answer $i", range(0, 19)));

// Between MULTI and EXEC nobody else's command gets in.
$results = each_of(5, function (int $i) use ($redis) {
    $redis->multi();
    $redis->set("key$i", $i);
    Tusk\sleep(0.001);
    $redis->get("key$i");
    return $redis->exec();
});
echo json_encode($results), "\n";
$results = each_of(3, function (int $i) use ($redis) {
    if ($i === 1) {
        return $redis->echo('single');
    }
    $pipeline = $redis->pipeline();
    $pipeline->echo("a$i");
    Tusk\sleep(0.001);
    return $pipeline->echo("b$i")->exec();
});
echo json_encode($results), "\n";

// WATCH reserves the connection until the transaction has ended.
$results = each_of(3, function (int $i) use ($redis) {
    $redis->watch('counter');
    $next = (int) $redis->get('counter') + 1;
    Tusk\sleep(0.001);
    return $redis->multi()->set('counter', $next)->exec();
});
echo json_encode($results), ' ', $redis->get('counter'), "\n";

// A cancelled command's answer is not taken for the next one's.
Tusk\run(function () use ($redis) {
    $task = Tusk\go(function () use ($redis) {
        try {
            $redis->rawCommand('WAIT', '1', '200');
        } finally {
            echo "finally\n";
        }
    });
    Tusk\sleep(0.01);
    $task->cancel();
    try {
        $task->join();
    } catch (Tusk\CancelledException $e) {
        echo get_class($e), "\n";
    }
    try {
        var_dump($redis->echo('mine'));
    } catch (RedisException $e) {
        echo "broken\n";
        var_dump($redis->echo('mine'));
    }
});

// An object that was left in MULTI does not hold up the next one at its address.
Tusk\run(function () {
    for ($i = 0; $i < 3; $i++) {
        $redis = new Redis();
        $redis->connect('127.0.0.1', $GLOBALS['redis']->getPort());
        Tusk\go(fn() => $redis->multi())->join();
        unset($redis);
    }
    echo "done\n";
});
?>
--EXPECT--
bool(true)
[[true,"0"],[true,"1"],[true,"2"],[true,"3"],[true,"4"]]
[["a0","b0"],"single",["a2","b2"]]
[[true],[true],[true]] 3
finally
Tusk\CancelledException
string(4) "mine"
done
