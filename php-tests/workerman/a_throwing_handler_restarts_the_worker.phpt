--TEST--
An exception in a handler is logged and the worker replaced, as with workerman's own loops; others in flight are answered
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
    $worker->onMessage = function ($connection, $request) {
        if ($request->path() === '/throw') {
            usleep(5_000);
            throw new LogicException('thrown after a wait');
        }
        if ($request->path() === '/slow') {
            usleep(100_000);
        }
        $connection->send((string) getmypid());
    };
    PHP);
$client = dial("tcp://127.0.0.1:$app->port");
fwrite($client, get('/'));
$first = answer($client);
$slow = dial("tcp://127.0.0.1:$app->port");
fwrite($slow, get('/slow'));
fwrite($client, get('/throw'));
echo answer($slow) === $first ? "the slow one was answered\n" : "the slow one was cut off\n";
echo var_export(answer($client), true), "\n";
$client = dial("tcp://127.0.0.1:$app->port");
fwrite($client, get('/'));
echo answer($client) !== $first ? "another worker\n" : "the same worker\n";
eventually(fn () => str_contains($app->log(), 'exit with status 64000'), 'the master logged it');
echo str_contains($app->log(), 'LogicException: thrown after a wait') ? "logged\n" : $app->log();
?>
--EXPECT--
the slow one was answered
NULL
another worker
logged
