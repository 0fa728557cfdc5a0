--TEST--
Worker::stopAll() in a callback, and a limit on requests as applications write it
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
    $served = 0;
    $worker->onWorkerStop = fn () => print "onWorkerStop\n";
    $worker->onMessage = function ($connection) use (&$served) {
        usleep(10_000);
        $connection->send((string) getmypid());
        if (++$served === 10) {
            Worker::stopAll();
        }
    };
    PHP);
$seen = [];
$lost = 0;
for ($round = 0; $round < 6; $round++) {
    $clients = [];
    for ($i = 0; $i < 10; $i++) {
        fwrite($clients[] = dial("tcp://127.0.0.1:$app->port"), get('/'));
    }
    foreach ($clients as $client) {
        $pid = answer($client);
        $pid === null ? $lost++ : $seen[$pid] = true;
    }
}
echo "$lost lost, ", count($seen) >= 4 ? 'workers were replaced' : 'by ' . count($seen), "\n";
eventually(fn () => substr_count($app->log(), 'onWorkerStop') >= 4, 'the workers stopped');
echo str_contains($app->log(), 'exit with status') ? $app->log() : "none failed\n";
?>
--EXPECT--
0 lost, workers were replaced
none failed
