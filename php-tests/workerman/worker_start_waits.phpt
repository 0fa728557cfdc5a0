--TEST--
onWorkerStart may wait; what it spawns runs beside the requests and ends with the worker
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
    $worker->onWorkerStart = function ($worker) {
        usleep(50_000);
        $worker->ready = 'ready';
        $worker->ticks = 0;
        Tusk\go(function () use ($worker) {
            try {
                while (true) {
                    $worker->ticks++;
                    usleep(1_000);
                }
            } finally {
                echo "the background work has ended\n";
            }
        });
    };
    $worker->onMessage = function ($connection) use ($worker) {
        $before = $worker->ticks;
        usleep(20_000);
        $connection->send($worker->ready . ($worker->ticks > $before ? ', it ticks' : ', it stands'));
    };
    PHP);
$client = dial("tcp://127.0.0.1:$app->port");
fwrite($client, get('/'));
echo answer($client), "\n";
$begun = hrtime(true);
posix_kill($app->workers()[0], SIGUSR1);
eventually(fn () => str_contains($app->log(), 'the background work has ended'), 'it ended');
echo hrtime(true) - $begun < 900e6 ? "nobody waited for it\n" : "it was waited for\n";
?>
--EXPECT--
ready, it ticks
nobody waited for it
