<?php
/** php -d extension=tusk start.php start — then ask for /?ms=500 a hundred times at once. */

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Worker;

require __DIR__ . '/lib.php'; // Worker::$eventLoopClass = Tusk\Workerman\EventLoop::class;

$worker = new Worker('http://' . address('127.0.0.1:8788'));
$worker->count = 2;
$worker->onMessage = static function (TcpConnection $connection, Request $request): void {
    usleep(1000 * min(5000, max(0, (int) $request->get('ms', 100)))); // this request waits, others do not
    $connection->send('waited in process ' . getmypid() . "\n");
};
Worker::runAll();
