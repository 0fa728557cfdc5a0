--TEST--
A Redis MULTI, pipeline or WATCH that is begun before there are coroutines is its beginner's until it ends
--SKIPIF--
<?php
require __DIR__ . '/../include/redis.inc';
Tusk\Tests\skip_without_redis();
?>
--FILE--
<?php
require __DIR__ . '/../include/redis.inc';
require __DIR__ . '/../include/turns.inc';

ini_set('error_log', '/dev/null');
$port = Tusk\Tests\redis_server();
$redis = new Redis();
$redis->connect('127.0.0.1', $port);
$redis->set('key', 'value');

foreach (['multi', 'pipeline'] as $begin) {
    $redis->$begin();
    $redis->set('a', 1);
    $other = Tusk\go(fn () => $redis->get('key'));
    turns(3);
    $redis->set('b', 2);
    echo "$begin: ", json_encode($redis->exec()), ' ', json_encode($other->join()), "\n";
}

$redis->watch('key');
$other = Tusk\go(fn () => $redis->set('key', 'changed'));
turns(3);
echo 'watch: ', json_encode($redis->multi()->get('key')->exec()), ' ', json_encode($other->join()), "\n";

// What was given up is nobody's: a new connection, discard() and unwatch().
foreach (['discard' => 'multi', 'unwatch' => 'watch', 'connect' => 'multi'] as $end => $begin) {
    $begin === 'watch' ? $redis->watch('key') : $redis->$begin();
    $end === 'connect' ? $redis->connect('127.0.0.1', $port) : $redis->$end();
    echo "$end: ", json_encode(Tusk\go(fn () => $redis->get('key'))->join()), "\n";
}
?>
--EXPECT--
multi: [true,true] "value"
pipeline: [true,true] "value"
watch: ["value"] true
discard: "changed"
unwatch: "changed"
connect: "changed"
