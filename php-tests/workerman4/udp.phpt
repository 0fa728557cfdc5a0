--TEST--
workerman 4: a UDP server whose handlers wait, and AsyncUdpConnection
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman4');
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\{answer, dial, eventually, get, websocket, websocket_frame, websocket_text};

$app = WorkermanApp::startVersion4(<<<'PHP'
    $udp = Tusk\Tests\free_port();
    $server = new Worker("udp://127.0.0.1:$udp");
    $gate = new Tusk\Channel(0);
    $server->onMessage = function ($connection, $data) use ($gate) {
        if ($data === 'wait') {
            $connection->send('waited for ' . $gate->receive());
        } else {
            $gate->send($data);
            $connection->send("sent $data");
        }
    };
    $web = new Worker("http://127.0.0.1:$port");
    $web->onMessage = function ($http) use ($udp) {
        $answers = new Tusk\Channel(2);
        $client = new Workerman\Connection\AsyncUdpConnection("udp://127.0.0.1:$udp");
        $client->onConnect = fn ($client) => $client->send('wait');
        $client->onMessage = fn ($client, $data) => $answers->send($data);
        $client->connect();
        $second = new Workerman\Connection\AsyncUdpConnection("udp://127.0.0.1:$udp");
        $second->onMessage = fn ($client, $data) => $answers->send($data);
        $second->send('a datagram');
        $both = [$answers->receive(), $answers->receive()];
        sort($both);
        $client->close();
        $second->close();
        $http->send(implode("\n", $both));
    };
    PHP);
$client = dial("tcp://127.0.0.1:$app->port");
for ($i = 0; $i < 2; $i++) {
    fwrite($client, get('/'));
    echo answer($client), "\n";
}
echo $app->stop(), "\n";
?>
--EXPECT--
sent a datagram
waited for a datagram
sent a datagram
waited for a datagram
0
