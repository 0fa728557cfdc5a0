--TEST--
A listener on a unix socket
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
    $worker = new Worker("unix://$folder/socket");
    $worker->onMessage = function ($connection, $data) {
        usleep(1_000);
        $connection->send("you said $data");
    };
    $web = new Worker("http://127.0.0.1:$port");
    $web->onMessage = fn ($connection) => $connection->send("$folder/socket");
    PHP);
$client = dial("tcp://127.0.0.1:$app->port");
fwrite($client, get('/'));
$path = answer($client);
$client = dial("unix://$path");
for ($i = 0; $i < 3; $i++) {
    fwrite($client, "hello $i");
    echo fread($client, 100), "\n";
}
fclose($client);
echo $app->stop(), "\n";
?>
--EXPECT--
you said hello 0
you said hello 1
you said hello 2
0
