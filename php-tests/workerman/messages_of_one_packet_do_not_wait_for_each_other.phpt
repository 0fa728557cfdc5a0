--TEST--
Messages that came in one packet are handled side by side, also the first ones of a connection
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\{websocket, websocket_frame, websocket_text};

// Nobody is answered before all three wait. A fresh connection has told nothing about itself yet.
$app = WorkermanApp::start(<<<'PHP'
    $all = new Tusk\Barrier(3);
    $worker = new Worker("websocket://127.0.0.1:$port");
    $worker->onMessage = static function (TcpConnection $connection, string $message) use ($all): void {
        $all->wait();
        $connection->send($message);
    };
    PHP);
for ($i = 0; $i < 20; $i++) {
    $client = websocket("tcp://127.0.0.1:$app->port");
    fwrite($client, websocket_frame('one') . websocket_frame('two') . websocket_frame('three'));
    $answers = [websocket_text($client), websocket_text($client), websocket_text($client)];
    sort($answers);
    $seen[implode(' ', $answers)] = true;
    fclose($client);
}
echo implode(', ', array_keys($seen)), "\n", $app->stop(), "\n";
?>
--EXPECT--
one three two
0
