--TEST--
workerman 4: TLS listeners (https and wss) with handlers that wait, and AsyncTcpConnection over TLS
--EXTENSIONS--
openssl
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

require __DIR__ . '/../include/tls.inc';
$file = Tusk\Tests\tls_certificate();
$code = <<<'PHP'
    $context = ['ssl' => ['local_cert' => CERTIFICATE, 'verify_peer' => false]];
    $secure = Tusk\Tests\free_port();
    $https = new Worker("http://127.0.0.1:$secure", $context);
    $https->transport = 'ssl';
    $https->onMessage = function ($connection, $request) {
        usleep(2_000);
        $connection->send($request->path() === '/big' ? str_repeat('x', 3_000_000) : 'secure ' . $request->path());
    };
    $socket = Tusk\Tests\free_port();
    $wss = new Worker("websocket://127.0.0.1:$socket", $context);
    $wss->transport = 'ssl';
    $wss->onMessage = function ($connection, $data) {
        $connection->inbox ??= new Tusk\Channel(10);
        $connection->send($data === 'ask' ? 'got ' . $connection->inbox->receive() : 'kept' . $connection->inbox->send($data));
    };
    $web = new Worker("http://127.0.0.1:$port");
    $web->onMessage = function ($connection, $request) use ($secure, $socket) {
        if ($request->path() === '/ports') {
            return $connection->send("$secure $socket");
        }
        $answer = new Tusk\Channel(1);
        $client = new AsyncTcpConnection("tcp://127.0.0.1:$secure", ['ssl' => ['cafile' => CERTIFICATE, 'peer_name' => 'localhost']]);
        $client->transport = 'ssl';
        $client->onConnect = fn ($client) => $client->send("GET /client HTTP/1.1\r\nHost: localhost\r\n\r\n");
        $client->onMessage = function ($client, $data) use ($answer) {
            $answer->send(substr(strrchr($data, "\n"), 1));
            $client->close();
        };
        $client->connect();
        $connection->send($answer->receive());
    };
    PHP;
$app = WorkermanApp::startVersion4(str_replace('CERTIFICATE', var_export($file, true), $code));
$plain = dial("tcp://127.0.0.1:$app->port");
fwrite($plain, get('/ports'));
[$secure, $socket] = explode(' ', answer($plain));
$context = ['ssl' => ['cafile' => $file, 'peer_name' => 'localhost']];

$client = dial("ssl://127.0.0.1:$secure", $context);
fwrite($client, get('/a') . get('/b'));
echo answer($client), ', ', answer($client), "\n";
fwrite($client, get('/big'));
echo strlen((string) answer($client)), "\n";
fwrite($plain, get('/'));
echo answer($plain), "\n";

$client = websocket("ssl://127.0.0.1:$socket", $context);
fwrite($client, websocket_frame('ask'));
usleep(5_000);
fwrite($client, websocket_frame('word'));
$both = [websocket_text($client), websocket_text($client)];
sort($both);
echo implode(', ', $both), "\n", $app->stop(), "\n";
?>
--EXPECT--
secure /a, secure /b
3000000
secure /client
got word, kept
0
