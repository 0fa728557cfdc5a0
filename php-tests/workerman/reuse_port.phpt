--TEST--
Workers with a listening socket each
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
    $worker->count = 2;
    $worker->reusePort = true;
    $worker->onMessage = function ($connection) {
        usleep(1_000);
        $connection->send((string) getmypid());
    };
    PHP);
eventually(fn () => count($app->workers()) === 2, 'two workers ran');
$seen = [];
eventually(function () use ($app, &$seen) {
    $client = dial("tcp://127.0.0.1:$app->port");
    fwrite($client, get('/'));
    $seen[answer($client)] = true;
    return count($seen) === 2;
}, 'both answered');
echo "both answer\n", $app->stop(), "\n";
?>
--EXPECT--
both answer
0
