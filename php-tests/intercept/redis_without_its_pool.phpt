--TEST--
phpredis without its pool: objects that share one persistent connection take turns on it
--SKIPIF--
<?php
require __DIR__ . '/../include/redis.inc';
Tusk\Tests\skip_without_redis();
?>
--INI--
redis.pconnect.pooling_enabled=0
error_log={TMP}/tusk-redis.log
--FILE--
<?php
require __DIR__ . '/../include/redis.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;

$port = Tusk\Tests\redis_server();
$connect = static function () use ($port): Redis {
    $redis = new Redis();
    $redis->pconnect('127.0.0.1', $port);
    return $redis;
};
$all = array_map($connect, range(0, 9));
$numbers = array_map(static fn (Redis $redis): int => $redis->client('id'), $all);
echo count(array_unique($numbers)), " connection\n";

$answers = each_of(10, static fn (int $n): mixed => $all[$n]->rawCommand('WAIT', '1', '2') . $all[$n]->echo("answer $n"));
var_dump($answers === array_map(static fn (int $n): string => "0answer $n", range(0, 9)));
$results = each_of(5, static function (int $n) use ($all): mixed {
    $all[$n]->multi();
    $all[$n]->set("key$n", $n);
    Tusk\sleep(0.001);
    $all[$n]->get("key$n");
    return $all[$n]->exec();
});
echo json_encode($results), "\n";
?>
--EXPECT--
1 connection
bool(true)
[[true,"0"],[true,"1"],[true,"2"],[true,"3"],[true,"4"]]
