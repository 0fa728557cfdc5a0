<?php
/**
 * Timers that block: each call runs in a coroutine, so a slow one delays neither requests nor
 * other timers. A call that would overlap the one before is left out.
 *
 *     php -d extension=tusk timers.php start          then curl 127.0.0.1:8793
 */

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Timer;
use Workerman\Worker;

require __DIR__ . '/lib.php';

$worker = new Worker('http://' . address('127.0.0.1:8793'));
$calls = ['slow' => 0, 'quick' => 0];
$worker->onWorkerStart = static function () use (&$calls): void {
    Timer::add(0.05, static function () use (&$calls): void {
        usleep(200_000); // a report from a slow service
        $calls['slow']++;
    });
    Timer::add(0.02, static function () use (&$calls): void {
        $calls['quick']++;
    });
};
$worker->onMessage = static function (TcpConnection $connection) use (&$calls): void {
    $connection->send(json_encode($calls) . "\n");
};
Worker::runAll();
