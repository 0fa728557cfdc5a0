<?php
/** php workerman_app.php start <loop> <handler> <port> <workers>, as a user would write it. */

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Response;
use Workerman\Worker;

require __DIR__ . '/../../php/autoload.php';
Tusk\Autoload\package('workerman/workerman') || exit("workerman is neither in vendor/ nor in \$TUSK_PEERS\n");

[, , $loop, $handler, $port, $workers] = $argv;
$handlers = [
    'hello' => static fn (TcpConnection $connection) => $connection->send('Hello, World!'),
    'sleep' => static function (TcpConnection $connection): void {
        usleep(50_000);
        $connection->send('Hello, World!');
    },
    // Every second one waits.
    'mixed' => static function (TcpConnection $connection): void {
        static $number = 0;
        if (++$number % 2) {
            usleep(1000);
        }
        $connection->send('Hello, World!');
    },
    // Ends the connection after its answer and says so, so that no request is on its way
    // when a worker goes.
    'sleep-close' => static function (TcpConnection $connection): void {
        usleep(50_000);
        $connection->close(new Response(200, ['Connection' => 'close'], 'Hello, World!'));
    },
];

$folder = sys_get_temp_dir() . "/tusk-bench-$port";
Worker::$eventLoopClass = ['tusk' => 'Tusk\Workerman\EventLoop', 'select' => 'Workerman\Events\Select'][$loop];
Worker::$pidFile = "$folder.pid";
Worker::$logFile = "$folder.log";
Worker::$statusFile = "$folder.status";
$worker = new Worker("http://127.0.0.1:$port");
$worker->count = (int) $workers;
$worker->onMessage = $handlers[$handler];
Worker::runAll();
