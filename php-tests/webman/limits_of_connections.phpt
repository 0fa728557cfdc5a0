--TEST--
The plugin's limit per connection: its messages wait for their turn without taking the places of others
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
?>
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';
use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\{websocket, websocket_frame, websocket_text};

$app = WorkermanApp::start(<<<'PHP'
    $worker = new Worker("websocket://127.0.0.1:$port");
    $worker->onWorkerStart = static function (Worker $worker): void {
        $held = new Tusk\Channel();
        $now = $most = 0;
        $gate = new Tusk\Webman\Gate(static function (TcpConnection $connection, string $message) use ($held, &$now, &$most, &$gate): void {
            if ($message === 'state') {
                $connection->send("{$gate->queued()} queued, at most $most of it at once");
            } elseif ($message === 'let one go') {
                $held->send(null);
                $connection->send('it goes');
            } else {
                $most = max($most, ++$now);
                $held->receive();
                $now--;
                $connection->send("$message done");
            }
        }, new Tusk\Webman\Limits(perWorker: 3, perConnection: 2, queue: 3));
        $worker->onMessage = $gate->onMessage(...);
    };
    PHP);
$busy = websocket("tcp://127.0.0.1:$app->port");
$other = websocket("tcp://127.0.0.1:$app->port");
$ask = static function (string $message) use ($other): string {
    fwrite($other, websocket_frame($message));
    return (string) websocket_text($other);
};
// Two of these hold places of the worker, three wait for the connection's turn, and the third place is free.
foreach (['a', 'b', 'c', 'd', 'e'] as $message) {
    fwrite($busy, websocket_frame($message));
}
do {
    $state = $ask('state');
} while (!str_starts_with($state, '3 queued'));
echo "$state\n";
for ($i = 0; $i < 5; $i++) {
    echo $ask('let one go'), ', ', websocket_text($busy), "\n";
}
echo $ask('state'), "\n";

// More than the queue holds: the connection is closed.
foreach (['a', 'b', 'c', 'd', 'e', 'f'] as $message) {
    fwrite($busy, websocket_frame($message));
}
var_dump(websocket_text($busy));
for ($i = 0; $i < 5; $i++) {
    $ask('let one go');
}
echo $app->stop(), "\n";
?>
--EXPECT--
3 queued, at most 2 of it at once
it goes, a done
it goes, b done
it goes, c done
it goes, d done
it goes, e done
0 queued, at most 2 of it at once
NULL
0
