--TEST--
onConnect may wait: other connections are accepted meanwhile, messages wait for its end
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
    $worker = new Worker("text://127.0.0.1:$port");
    $waiting = [];
    $worker->onConnect = function ($connection) use (&$waiting) {
        $waiting[] = $gate = new Tusk\Channel(0);
        if (count($waiting) === 4) {
            echo "four at once\n";
            foreach ($waiting as $one) {
                $one === $gate || $one->send(true);
            }
        } else {
            $gate->receive();
        }
        $connection->greeted = true;
    };
    $worker->onMessage = fn ($connection, $line) => $connection->send(($connection->greeted ?? false) ? "$line after onConnect" : 'too early');
    PHP);
// The connection that start() made to see that the port is served is the first of the four.
$clients = [];
for ($i = 0; $i < 3; $i++) {
    $clients[] = dial("tcp://127.0.0.1:$app->port");
    fwrite($clients[$i], "line\n");
}
eventually(fn () => str_contains($app->log(), 'four at once'), 'four connections were accepted');
foreach ($clients as $client) {
    echo fgets($client);
}
?>
--EXPECT--
line after onConnect
line after onConnect
line after onConnect
