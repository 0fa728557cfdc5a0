--TEST--
Big uploads and downloads, full and drained send buffers, pauseRecv and resumeRecv
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
    TcpConnection::$defaultMaxPackageSize = 64_000_000;
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onConnect = function ($connection) {
        $connection->marks = '';
        $connection->onBufferFull = function ($connection) { $connection->marks .= 'full '; };
        $connection->onBufferDrain = function ($connection) { $connection->marks .= 'drained '; };
    };
    $worker->onMessage = function ($connection, $request) use ($folder) {
        if ($request->path() === '/marks') {
            $connection->send($connection->marks);
        } elseif ($request->method() === 'POST') {
            usleep(1_000);
            $connection->send(md5($request->rawBody()));
        } elseif ($request->path() === '/file') {
            file_put_contents("$folder/file", str_repeat('fedcba9876543210', 1_000_000));
            $connection->send((new Workerman\Protocols\Http\Response())->withFile("$folder/file"));
        } else {
            $connection->maxSendBufferSize = 1_000_000;
            $connection->send(str_repeat('0123456789abcdef', 1_000_000));
        }
    };
    $raw = new Worker('tcp://127.0.0.1:' . Tusk\Tests\free_port());
    $raw->onMessage = function ($connection, $data) {
        $connection->taken = ($connection->taken ?? 0) + strlen($data);
        $connection->pauseRecv();
        Timer::delay(0.002, function () use ($connection) {
            if ($connection->taken === 2_000_000) {
                $connection->send("taken $connection->taken\n");
            }
            $connection->resumeRecv();
        });
    };
    $worker->onWorkerStart = fn ($worker) => $worker->raw = $raw->getSocketName();
    $other = $worker->onMessage;
    $worker->onMessage = fn ($connection, $request) => $request->path() === '/raw' ? $connection->send($worker->raw) : $other($connection, $request);
    PHP);
$client = dial("tcp://127.0.0.1:$app->port");
$body = random_bytes(20_000_000);
fwrite($client, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n$body");
echo answer($client) === md5($body) ? "uploaded\n" : "damaged\n";
fwrite($client, get('/'));
usleep(20_000); // the sender's buffer fills while nobody reads
echo md5((string) answer($client)) === md5(str_repeat('0123456789abcdef', 1_000_000)) ? "downloaded\n" : "damaged\n";
fwrite($client, get('/marks'));
echo answer($client), "\n";
fwrite($client, get('/file'));
echo md5((string) answer($client)) === md5(str_repeat('fedcba9876543210', 1_000_000)) ? "sent the file\n" : "damaged\n";
fwrite($client, get('/raw'));
$raw = dial(preg_replace('/^\w+/', 'tcp', answer($client)));
fwrite($raw, str_repeat('x', 2_000_000));
echo fgets($raw);
echo $app->stop(), "\n";
?>
--EXPECT--
uploaded
downloaded
full drained 
sent the file
taken 2000000
0
