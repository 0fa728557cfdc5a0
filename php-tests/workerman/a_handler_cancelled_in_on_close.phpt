--TEST--
A handler that is cancelled in onClose does not end its worker
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\{dial, eventually, get};

$app = WorkermanApp::start(<<<'PHP'
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onWorkerStart = function () { echo "worker starts\n"; };
    $worker->onMessage = function ($connection, $request) {
        if ($request->path() === '/') {
            return $connection->send('alive');
        }
        $connection->coroutine = Tusk\Coroutine::current();
        echo "waits\n";
        try {
            sleep(20);
        } finally {
            echo "was cancelled\n";
        }
    };
    $worker->onClose = function ($connection) {
        isset($connection->coroutine) && $connection->coroutine->cancel();
    };
    PHP);
for ($n = 1; $n <= 3; $n++) {
    $client = dial("tcp://127.0.0.1:$app->port");
    fwrite($client, get('/wait'));
    eventually(fn () => substr_count($app->log(), 'waits') === $n, 'the handler waits');
    fclose($client);
    eventually(fn () => substr_count($app->log(), 'was cancelled') === $n, 'it is cancelled');
}
$client = dial("tcp://127.0.0.1:$app->port");
fwrite($client, get('/'));
echo str_contains(fread($client, 4096), 'alive') ? "alive\n" : "no answer\n";
$app->stop();
echo substr_count($app->log(), 'worker starts'), " start\n";
?>
--EXPECT--
alive
1 start
