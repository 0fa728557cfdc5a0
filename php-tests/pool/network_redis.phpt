--TEST--
Tusk\Pool\Redis and the network: what was not sent is sent once, what may have run never again; nothing waits beyond its deadline
--EXTENSIONS--
sockets
--SKIPIF--
<?php require __DIR__ . '/../include/redis.inc'; Tusk\Tests\skip_without_redis();
--FILE--
<?php
require __DIR__ . '/../include/redis.inc';
require __DIR__ . '/../include/proxy.inc';
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/parallel.inc';

use Tusk\Pool\Redis as Pooled;
use Tusk\Tests\Proxy;
use function Tusk\{go, run, sleep, timeout};
use function Tusk\Tests\{each_of, redis_server};

const PATIENCE = 30.0;
const SOON = 0.2;

$server = redis_server($process);
$proxy = Proxy::before($server);
$direct = new Redis();
$direct->connect('127.0.0.1', $server);
$made = fn (array $settings = [], ?string $password = null) => new Pooled(function () use ($proxy, $password) {
    $redis = new Redis();
    $redis->connect('127.0.0.1', $proxy->port, 20.0, null, 0, 60.0);
    $password === null || $redis->auth($password);
    return $redis;
}, ...$settings + ['max' => 2, 'waitTimeout' => PATIENCE, 'checkAfter' => null]);
$outcome = function (callable $call): string {
    try {
        return json_encode($call());
    } catch (Tusk\TimeoutException $late) {
        return preg_match('/stage: (\w+)/', $late->getMessage(), $stage) === 1 ? "late ($stage[1])" : 'late';
    } catch (RedisException | Tusk\ConnectionException) {
        return 'lost';
    }
};
$written = function () use ($direct): int {
    $count = (int) $direct->get('n');
    $direct->del('n');
    return $count;
};

run(function () use ($proxy, $made, $outcome, $written) {
    foreach (['cut all', 'reset all'] as $how) {
        $redis = $made();
        $redis->get('n');
        $proxy->tell($how);
        echo "$how: ", $outcome(fn () => $redis->incr('n')), ', ', $written(), " written\n";
        $redis->multi()->get('n')->exec();
        $proxy->tell($how);
        echo "$how, transaction: ", $outcome(fn () => $redis->multi()->incr('n')->exec()), ', ', $written(), " written\n";
        each_of(4, fn () => $redis->get('n'));
        $proxy->tell($how);
        echo "$how, pipeline: ", json_encode(array_count_values(each_of(20, fn () => is_int(json_decode($outcome(fn () => $redis->incr('n')))) ? 'done' : 'lost'))), ', ', $written(), " written\n";
    }
    foreach (['cut before' => 'lost on its way', 'cut after' => 'answer lost'] as $how => $what) {
        $redis = $made();
        $redis->get('n');
        $proxy->tell($how, 1);
        echo "$what: ", $outcome(fn () => $redis->incr('n')), ', ', $written(), ' written; then ', $outcome(fn () => $redis->incr('n')), ', ', $written(), "\n";
        $proxy->tell($how, 1);
        echo "$what, pipeline: ", json_encode(array_count_values(each_of(20, fn () => $outcome(fn () => $redis->incr('n'))))), ', ', $written(), ' written; then ',
            $outcome(fn () => $redis->incr('n')), ', ', $written(), "\n";
        $proxy->tell('pass');
    }
    $then = function (Pooled $redis) use ($proxy): void {
        $proxy->tell('pass');
        echo '; then ', json_encode(timeout(PATIENCE, function () use ($redis) {
            while (true) {
                try {
                    return $redis->echo('x');
                } catch (Tusk\TimeoutException | Tusk\ConnectionException) {
                    // A pool whose deadline is meant to pass: on a busy machine a connect takes as long.
                    sleep(0.01);
                }
            }
        })), "\n";
    };
    foreach (['hold' => 'black hole', 'mute' => 'no answer', 'half all' => 'half open'] as $how => $what) {
        $redis = $made();
        $redis->get('n');
        $proxy->tell($how);
        echo "$what: ", $outcome(fn () => timeout(SOON, fn () => $redis->blPop(['nothing'], 50)));
        $then($redis);
    }
    // phpredis says nothing when it connects, so it is the first command that waits.
    $redis = $made();
    $proxy->tell('hold');
    echo 'black hole, connect: ', $outcome(fn () => timeout(SOON, fn () => $redis->multi()));
    $then($redis);
    $redis = $made(['waitTimeout' => SOON, 'checkAfter' => 0.0]);
    $redis->get('n');
    $proxy->tell('hold');
    echo 'black hole, check: ', $outcome(fn () => $redis->incr('n'));
    $then($redis);

    $redis = $made(['max' => 3]);
    $proxy->tell('slow', 10);
    $right = each_of(60, fn (int $i) => $redis->set("slow$i", "v$i") && $redis->get("slow$i") === "v$i");
    $proxy->tell('pass');
    echo 'slow: ', count(array_filter($right)), " of 60 right\n";
});

// The server is killed and started again under load: each number is counted once at most.
run(function () use ($made, &$process, $server, $written) {
    $redis = $made();
    $answered = $begun = $ended = 0;
    $over = false;
    $clients = [];
    for ($i = 0; $i < 20; $i++) {
        $clients[] = go(function () use ($redis, $i, &$answered, &$begun, &$ended, &$over) {
            for ($n = 0; !$over; $n++) {
                $begun++;
                try {
                    $redis->rPush("list$i", $n);
                    $answered++;
                } catch (RedisException | Tusk\ConnectionException) {
                    sleep(0.01);
                }
                $ended++;
                sleep(0.002);
            }
        });
    }
    $fault = go(function () use (&$process, $server, &$answered) {
        for ($time = 0; $time < 2; $time++) {
            $from = $answered;
            while ($answered < $from + 100) {
                sleep(0.001);
            }
            $process->stop(SIGKILL);
            $process = Tusk\Tests\Process::start(['redis-server', '--port', (string) $server, '--bind', '127.0.0.1', '--dir', Tusk\Tests\temporary_folder(),
                '--save', '', '--appendonly', 'no'])->waitForPort($server);
        }
    });
    $fault->join();
    $over = true;
    array_map(fn ($client) => $client->join(), $clients);
    $twice = 0;
    for ($i = 0; $i < 20; $i++) {
        $numbers = $redis->lRange("list$i", 0, -1);
        $twice += count($numbers) - count(array_unique($numbers));
    }
    $stats = $redis->stats();
    echo 'killed under load: ', $begun === $ended ? 'all' : "$ended of $begun", " ended, $twice twice, ", $stats['leased'] + $stats['waiting'], " left\n";
});

// A wrong password, and more clients than the server takes.
$direct->connect('127.0.0.1', $server);
$direct->config('SET', 'requirepass', 'secret');
$direct->auth('secret');
$redis = $made(password: 'guess');
$said = each_of(20, function () use ($redis) {
    try {
        return $redis->get('n');
    } catch (RedisException $wrong) {
        return 'RedisException ' . strtok($wrong->getMessage(), ' ');
    } catch (Tusk\ConnectionException $open) {
        return 'ConnectionException';
    }
});
echo 'wrong password: ', json_encode(array_keys(array_count_values($said))), "\n";
$direct->config('SET', 'requirepass', '');
$direct->config('SET', 'maxclients', (string) (3 + count($direct->client('list')) - 1));
$redis = $made(['max' => 8]);
$right = each_of(40, function (int $i) use ($redis) {
    $redis->multi();
    sleep(0.001);
    return $redis->echo("$i")->exec() === ["$i"];
});
echo 'too many: ', count(array_filter($right)), ' of 40 right, ', $redis->stats()['create_failed'] > 0 ? 'some sent away' : 'nobody sent away', "\n";
?>
--EXPECT--
cut all: 1, 1 written
cut all, transaction: [1], 1 written
cut all, pipeline: {"done":20}, 20 written
reset all: 1, 1 written
reset all, transaction: [1], 1 written
reset all, pipeline: {"done":20}, 20 written
lost on its way: lost, 0 written; then 1, 1
lost on its way, pipeline: {"lost":20}, 0 written; then 1, 1
answer lost: lost, 1 written; then 1, 1
answer lost, pipeline: {"lost":20}, 20 written; then 1, 1
black hole: late; then "x"
no answer: late; then "x"
half open: late; then "x"
black hole, connect: late; then "x"
black hole, check: late (recycle); then "x"
slow: 60 of 60 right
killed under load: all ended, 0 twice, 0 left
wrong password: ["RedisException WRONGPASS"]
too many: 40 of 40 right, some sent away
