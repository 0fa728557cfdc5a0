<?php
/**
 * Websockets: a conversation as plain code. The handler of one message waits for the next.
 *
 *     php -d extension=tusk websocket.php start       then connect to ws://127.0.0.1:8791
 */

declare(strict_types=1);

use Tusk\Channel;
use Workerman\Connection\TcpConnection;
use Workerman\Worker;

require __DIR__ . '/lib.php';

$worker = new Worker('websocket://' . address('127.0.0.1:8791'));
// Messages of one connection go into a channel, so their order is kept; one coroutine for
// each connection talks.
$worker->onWebSocketConnect = static function (TcpConnection $connection): void {
    $connection->inbox = new Channel(100);
    Tusk\go(static function (TcpConnection $connection): void {
        $connection->send('What is your name?');
        $name = $connection->inbox->receive();
        $connection->send("Hello $name. Give me two numbers, one by one.");
        $sum = (int) $connection->inbox->receive() + (int) $connection->inbox->receive();
        $connection->send("That makes $sum, $name.");
        $connection->close();
    }, $connection);
};
$worker->onMessage = static fn (TcpConnection $connection, string $data) => $connection->inbox->send($data);
$worker->onClose = static function (TcpConnection $connection): void {
    if (isset($connection->inbox)) {
        $connection->inbox->close(); // who waits for a message gets an error there, and ends
    }
};
Worker::runAll();
