<?php
/**
 * The gateway on workerman 5. One line makes it Tusk's: the event loop class. After it
 * every request runs in a coroutine of its own.
 */

declare(strict_types=1);

namespace Gateway;

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http;
use Workerman\Worker;

function serve(string $address): void
{
    Worker::$eventLoopClass = \Tusk\Workerman\EventLoop::class;
    $folder = sys_get_temp_dir() . '/tusk-gateway-' . getmypid();
    Worker::$pidFile = "$folder.pid";
    Worker::$logFile = "$folder.log";
    Worker::$statusFile = "$folder.status";

    $worker = new Worker("http://$address");
    $worker->name = 'gateway';
    $worker->onMessage = static function (TcpConnection $connection, Http\Request $request): void {
        $keep = strtolower($request->header('connection', 'keep-alive')) !== 'close';
        $response = handle(new Request($request->path(), $request->get(), $request->rawBody()));
        $answer = new Http\Response($response->status, ['Content-Type' => $response->type], $response->body);
        $keep ? $connection->send($answer) : $connection->close($answer);
    };
    Worker::runAll();
}
