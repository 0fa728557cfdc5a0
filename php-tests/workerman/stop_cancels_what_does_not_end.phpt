--TEST--
What has not ended in time is cancelled, with its finally, before workerman kills the worker
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
    Worker::$stopTimeout = 2;
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onMessage = function ($connection) {
        echo "begins\n";
        try {
            Tusk\sleep(60);
        } finally {
            Tusk\Coroutine::shield(fn () => usleep(1_000));
            echo "finally\n";
        }
    };
    PHP);
eventually(fn () => $app->workers() !== [], 'the worker ran');
$worker = $app->workers()[0];
$client = dial("tcp://127.0.0.1:$app->port");
fwrite($client, get('/'));
eventually(fn () => str_contains($app->log(), 'begins'), 'it began');
$app->reload();
echo var_export(answer($client), true), "\n";
eventually(fn () => !in_array($worker, $app->workers(), true), 'the worker ended');
echo str_contains($app->log(), 'finally') ? "finally ran\n" : "killed\n";
echo preg_match('/cancelled: 1/', $app->log()), str_contains($app->log(), 'exit with status 9') ? ' killed' : '', "\n";
?>
--EXPECT--
NULL
finally ran
1
