--TEST--
AsyncTcpConnection: tcp, websocket, a refused connection, and a peer that closes
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\{answer, dial, eventually, get, websocket, websocket_frame, websocket_text};

$app = WorkermanApp::start(<<<'PHP'
    $ports = [Tusk\Tests\free_port(), Tusk\Tests\free_port(), Tusk\Tests\free_port()];
    $text = new Worker("text://127.0.0.1:$ports[0]");
    $text->onMessage = fn ($connection, $line) => $line === 'bye' ? $connection->close("bye\n", true) : $connection->send(strtoupper($line));
    $chat = new Worker("websocket://127.0.0.1:$ports[1]");
    $chat->onMessage = fn ($connection, $line) => $connection->send(strrev($line));
    $web = new Worker("http://127.0.0.1:$port");
    $web->onMessage = function ($connection, $request) use ($ports) {
        $news = new Tusk\Channel(10);
        $scheme = $request->get('scheme');
        $client = new AsyncTcpConnection("$scheme://127.0.0.1:" . $ports[['text' => 0, 'ws' => 1, 'tcp' => 2][$scheme]]);
        $client->onConnect = fn () => $news->send('connected');
        $client->onWebSocketConnect = fn () => $news->send('websocket');
        $client->onMessage = fn ($client, $data) => $news->send("message $data");
        $client->onError = fn ($client, $code) => $news->send("error $code");
        $client->onClose = fn () => $news->send('closed');
        $client->connect();
        $heard = [];
        while (($heard[] = $one = $news->receive()) !== 'closed' && $one !== 'error 1') {
            match ($one) {
                'connected' => $scheme === 'text' && $client->send('hello'),
                'websocket' => $client->send('hello'),
                'message HELLO' => $client->send('bye'),
                'message olleh' => $client->close(),
                default => null,
            };
        }
        $connection->send(implode(', ', $heard));
    };
    PHP);
$client = dial("tcp://127.0.0.1:$app->port");
foreach (['text', 'ws', 'tcp'] as $scheme) {
    fwrite($client, get("/?scheme=$scheme"));
    echo answer($client), "\n";
}
echo $app->stop(), "\n";
?>
--EXPECT--
connected, message HELLO, message bye, closed
connected, websocket, message olleh, closed
error 1
0
