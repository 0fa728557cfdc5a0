<?php
/**
 * A queue consumer: four coroutines take jobs from a Redis list with blocking BLPOP, and the
 * same process goes on answering requests.
 *
 *     TUSK_EXAMPLE_REDIS=127.0.0.1:6379 php -d extension=tusk queue_consumer.php start
 *     redis-cli rpush jobs 7 8 9 && curl 127.0.0.1:8792
 */

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Worker;

require __DIR__ . '/lib.php';

/** A connection belongs to one coroutine: a blocking command holds it. */
function redis(): Redis
{
    [$host, $port] = explode(':', getenv('TUSK_EXAMPLE_REDIS') ?: '127.0.0.1:6379');
    $redis = new Redis();
    $redis->connect($host, (int) $port);
    return $redis;
}

$done = [];
$worker = new Worker('http://' . address('127.0.0.1:8792'));
$worker->onWorkerStart = static function () use (&$done): void {
    for ($consumer = 1; $consumer <= 4; $consumer++) {
        // Spawned before the loop runs: background work that ends with the process.
        Tusk\go(static function (int $consumer) use (&$done): void {
            $redis = redis();
            while (true) {
                $job = $redis->blPop(['jobs'], 5);
                if ($job) {
                    usleep(100_000); // the work; the other consumers go on
                    $done[] = ['job' => (int) $job[1], 'square' => $job[1] ** 2, 'consumer' => $consumer];
                }
            }
        }, $consumer);
    }
};
$worker->onMessage = static function (TcpConnection $connection) use (&$done): void {
    $connection->send(json_encode($done) . "\n");
};
Worker::runAll();
