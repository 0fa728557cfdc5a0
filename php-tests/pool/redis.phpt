--TEST--
Tusk\Pool\Redis: commands of many coroutines share pipelines, MULTI and WATCH have a connection
--SKIPIF--
<?php require __DIR__ . '/../include/redis.inc'; Tusk\Tests\skip_without_redis();
--FILE--
<?php
require __DIR__ . '/../include/redis.inc';
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/parallel.inc';
require __DIR__ . '/../include/attempt.inc';

use Tusk\Pool\Redis as Pooled;
use function Tusk\{go, run, sleep};
use function Tusk\Tests\{attempt, each_of, redis_server};

$port = redis_server($server);
$connect = function () use ($port) {
    $redis = new Redis();
    $redis->connect('127.0.0.1', $port, 2.0);
    return $redis;
};
run(function () use ($connect, $port, $server) {
    $redis = new Pooled($connect, max: 3, waitTimeout: 30.0);
    $answers = each_of(500, function (int $i) use ($redis) {
        $redis->set("key$i", "value$i");
        return $redis->get("key$i") === "value$i" && $redis->incrBy("n$i", $i) === $i;
    });
    $plain = $connect();
    preg_match('/total_commands_processed:(\d+)/', (string) json_encode($plain->info('stats')), $m);
    echo count(array_filter($answers)), ' right, ', $redis->stats()['taken'] < 100 ? "in few pipelines\n" : "in {$redis->stats()['taken']} pipelines\n";

    // A wrong one among right ones.
    $redis->set('text', 'text');
    $said = each_of(3, fn (int $i) => match ($i) {
        0 => $redis->get('text'),
        1 => $redis->incr('text'),
        2 => $redis->strlen('text'),
    });
    echo json_encode($said), "\n";
    attempt('arguments', fn () => $redis->get());
    attempt('select', fn () => $redis->select(1));

    // Transactions of two coroutines at once, beside plain commands.
    $results = each_of(6, function (int $i) use ($redis) {
        if ($i % 3 === 2) {
            return $redis->incr('plain');
        }
        $redis->watch("balance$i");
        $redis->multi();
        $queued = $redis->incrBy("balance$i", 5);
        sleep(0.001);
        $redis->incrBy("balance$i", 7);
        return $redis->exec();
    });
    ksort($results);
    echo json_encode(array_values($results)), ' ', json_encode($redis->multi()->set('chain', 'x')->get('chain')->exec()), "\n";
    // One that was changed in between.
    $redis->watch('contended');
    go(fn () => $redis->set('contended', 'other'))->join();
    var_dump($redis->multi()->set('contended', 'mine')->exec(), $redis->get('contended'));
    // One whose coroutine ends in the middle.
    go(function () use ($redis) { $redis->multi(); $redis->set('lost', 1); })->join();
    while ($redis->stats()['recycling'] > 0) {
        sleep(0.001);
    }
    var_dump($redis->exists('lost'), $redis->stats()['leased']);

    // A command that waits on the server does not hold up others.
    $popper = go(fn () => $redis->blPop(['list'], 10));
    sleep(0);
    $redis->rPush('list', 'item');
    echo json_encode($popper->join()), "\n";
    $heard = false;
    $subscriber = go(function () use ($redis, &$heard) {
        $redis->subscribe(['news'], function (\Redis $r, string $channel, string $message) use (&$heard) {
            echo "$channel: $message\n";
            $heard = true;
        });
    });
    while ($redis->publish('news', 'hello') === 0) {
        sleep(0.001);
    }
    while (!$heard) {
        sleep(0.001);
    }
    // A subscription ends by a cancel; its connection is not for the next.
    $subscriber->cancel();
    try {
        $subscriber->join();
    } catch (Tusk\CancelledException) {
        echo 'cancelled, ', $redis->stats()['closed']['broken'], " closed\n";
    }

    $found = [];
    $cursor = null;
    do {
        array_push($found, ...$redis->scan($cursor, 'balance*') ?: []);
    } while ($cursor > 0);
    echo count($found), " found\n";

    // The server goes: whoever waits is told, and the pool goes on with the next one.
    $asking = go(fn () => attempt('server killed', fn () => $redis->blPop(['nothing'], 30)));
    sleep(0.01);
    $server->stop(SIGKILL);
    $asking->join();
});
?>
--EXPECTF--
500 right, in few pipelines
["text",false,4]
arguments: ArgumentCountError: Redis::get() expects exactly 1 argument, 0 given
select: Tusk\MisuseError: Redis::select() would change a connection that others use too: do it in the factory of Tusk\Pool\Redis
[[5,12],[5,12],1,[5,12],[5,12],2] [true,"x"]
bool(false)
string(5) "other"
int(0)
int(0)
["list","item"]
news: hello
cancelled, 1 closed
4 found
server killed: RedisException: %s
