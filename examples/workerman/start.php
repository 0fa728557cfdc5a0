<?php
/** php -d extension=tusk start.php start — then ask for /?ms=500 a hundred times at once. */

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Worker;

require __DIR__ . '/../../php/autoload.php'; // an application has vendor/autoload.php
Tusk\Autoload\package('workerman/workerman') || exit("composer require workerman/workerman\n");

Worker::$pidFile = sys_get_temp_dir() . '/tusk-workerman.pid';
Worker::$logFile = sys_get_temp_dir() . '/tusk-workerman.log';
Worker::$eventLoopClass = Tusk\Workerman\EventLoop::class; // the one line

$worker = new Worker('http://127.0.0.1:8788');
$worker->count = 2;
$worker->onMessage = static function (TcpConnection $connection, Request $request): void {
    usleep(1000 * min(5000, max(0, (int) $request->get('ms', 100)))); // this request waits, others do not
    $connection->send('waited in process ' . getmypid() . "\n");
};
Worker::runAll();
