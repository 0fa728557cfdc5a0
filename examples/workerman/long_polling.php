<?php
/**
 * Long polling: a request waits for the next message, 25 seconds at most.
 *
 *     php -d extension=tusk long_polling.php start
 *     curl 127.0.0.1:8789/wait & curl '127.0.0.1:8789/say?text=hello'
 */

declare(strict_types=1);

use Tusk\Channel;
use Tusk\TimeoutException;
use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;
use Workerman\Worker;

require __DIR__ . '/lib.php';

/** @var array<int, Channel> who waits, by connection */
$waiting = [];
$worker = new Worker('http://' . address('127.0.0.1:8789'));
$worker->onMessage = static function (TcpConnection $connection, Request $request) use (&$waiting): void {
    if ($request->path() === '/say') {
        foreach ($waiting as $channel) {
            $channel->send((string) $request->get('text', ''));
        }
        $connection->send(count($waiting) . " heard it\n");
        return;
    }
    $waiting[$connection->id] = $channel = new Channel(1);
    try {
        $connection->send($channel->receive(25.0) . "\n");
    } catch (TimeoutException) {
        $connection->send(new Response(204)); // the client asks again
    } finally {
        unset($waiting[$connection->id]);
    }
};
// A client that goes away while it waits is not spoken to any more.
$worker->onClose = static function (TcpConnection $connection) use (&$waiting): void {
    unset($waiting[$connection->id]);
};
Worker::runAll();
