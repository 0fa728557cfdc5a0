<?php
/**
 * Server-sent events: the handler is a loop that sends, waits, and ends when the client goes.
 *
 *     php -d extension=tusk server_sent_events.php start
 *     curl -N '127.0.0.1:8790/?ms=500'
 */

declare(strict_types=1);

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;
use Workerman\Protocols\Http\ServerSentEvents;
use Workerman\Worker;

require __DIR__ . '/lib.php';

$worker = new Worker('http://' . address('127.0.0.1:8790'));
$worker->onMessage = static function (TcpConnection $connection, Request $request): void {
    $ms = max(1, (int) $request->get('ms', 1000));
    $connection->send(new Response(200, ['Content-Type' => 'text/event-stream', 'Cache-Control' => 'no-cache'], "\r\n"));
    for ($number = 1; ; $number++) {
        // send() is false as soon as the client has gone, also while this waits.
        if ($connection->send(new ServerSentEvents(['event' => 'tick', 'id' => $number, 'data' => date('H:i:s')])) === false) {
            Worker::log("the client has had $number events and left");
            return;
        }
        usleep($ms * 1000);
    }
};
Worker::runAll();
