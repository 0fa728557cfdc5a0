--TEST--
phpredis suspends: blPop(), persistent connections, and one handle used by many coroutines
--SKIPIF--
<?php
require __DIR__ . '/../include/redis.inc';
Tusk\Tests\skip_without_redis();
?>
--FILE--
<?php
require __DIR__ . '/../include/redis.inc';

$port = Tusk\Tests\redis_server();

function client(int $port, bool $persistent = false): Redis
{
    $redis = new Redis();
    $persistent ? $redis->pconnect('localhost', $port) : $redis->connect('127.0.0.1', $port);
    return $redis;
}

// Both wait until the other side has pushed.
Tusk\run(function () use ($port) {
    foreach ([false, true] as $persistent) {
        Tusk\go(function () use ($port, $persistent) {
            $redis = client($port, $persistent);
            echo json_encode($redis->blPop($persistent ? 'q' : 'p', 5)), "\n";
        });
    }
    $redis = client($port);
    $redis->rPush('p', 'first');
    Tusk\sleep(0.01);
    $redis->rPush('q', 'second');
});

// One handle, many coroutines: every answer goes to who asked. Answers of many bytes come
// in several reads.
Tusk\run(function () use ($port) {
    $redis = client($port);
    $right = 0;
    for ($i = 0; $i < 50; $i++) {
        Tusk\go(function () use ($redis, $i, &$right) {
            $value = str_repeat("$i,", 20000);
            $redis->set("key$i", $value);
            $right += $redis->get("key$i") === $value;
            $right += $redis->mGet(["key$i", "key$i"]) === [$value, $value];
        });
    }
    while ($right < 100) {
        Tusk\sleep(0.001);
    }
    echo "$right right\n";
});

// A deadline inside an answer breaks the connection; the client makes a new one.
Tusk\run(function () use ($port) {
    $redis = client($port);
    try {
        Tusk\timeout(0.05, fn() => $redis->blPop('never', 5));
    } catch (Tusk\TimeoutException) {
        echo "timeout\n";
    }
    $redis->set('after', 'well');
    echo $redis->get('after'), "\n";
});

// A server that is not there.
Tusk\run(function () use ($port) {
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $unused = (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
    fclose($listener);
    try {
        client($unused);
    } catch (RedisException $e) {
        echo $e->getMessage(), "\n";
    }
});
?>
--EXPECT--
["p","first"]
["q","second"]
100 right
timeout
well
Connection refused
