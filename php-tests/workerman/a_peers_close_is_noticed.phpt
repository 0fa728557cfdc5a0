--TEST--
onClose fires when the peer closes while a handler of its connection waits
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
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onConnect = function ($connection) { $connection->closed = new Tusk\Channel(1); };
    $worker->onMessage = function ($connection, $request) {
        if ($request->path() === '/stream') {
            $sent = 0;
            $connection->send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", true);
            while ($connection->send('x', true) !== false) {
                $sent++;
                usleep(2_000);
            }
            echo "the stream ended\n";
            return;
        }
        echo "waits on {$request->path()}\n";
        $word = $connection->closed->receive();
        echo "heard of $word, send gives ", var_export($connection->send('too late'), true), "\n";
    };
    $worker->onClose = function ($connection) {
        echo "onClose\n";
        $connection->closed->send('the close');
    };
    PHP);
$told = fn (string $text) => eventually(fn () => str_contains($app->log(), $text), "it said '$text'");

$client = dial("tcp://127.0.0.1:$app->port");
fwrite($client, get('/first'));
$told('waits on /first');
fclose($client);
$told('heard of the close, send gives false');

$client = dial("tcp://127.0.0.1:$app->port");
fwrite($client, get('/stream'));
fgets($client);
fclose($client);
$told('the stream ended');
echo "both noticed\n";
$app->stop();
echo substr_count($app->log(), 'onClose') >= 3 ? "onClose each time\n" : $app->log();
?>
--EXPECT--
both noticed
onClose each time
