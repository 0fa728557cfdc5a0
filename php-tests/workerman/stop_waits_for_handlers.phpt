--TEST--
Stop answers what is under way, calls onWorkerStop once and after that, and refuses nothing it has accepted
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

$script = <<<'PHP'
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onWorkerStop = fn () => print "onWorkerStop\n";
    $worker->onMessage = function ($connection, $request) {
        echo "begins {$request->path()}\n";
        if ($request->path() === '/spawns') {
            Tusk\go(function () use ($connection) {
                usleep(300_000);
                $connection->send('from a coroutine of its own');
            });
            return;
        }
        usleep(300_000);
        $connection->send('from its callback');
        echo "answered\n";
    };
    PHP;
foreach (['SIGINT twice' => [SIGINT, SIGINT], 'SIGTERM' => [SIGTERM], 'SIGQUIT' => [SIGQUIT]] as $name => $signals) {
    $app = WorkermanApp::start($script);
    eventually(fn () => $app->workers() !== [], 'the worker ran');
    $worker = $app->workers()[0];
    $idle = dial("tcp://127.0.0.1:$app->port");
    $first = dial("tcp://127.0.0.1:$app->port");
    fwrite($first, get('/waits'));
    $second = dial("tcp://127.0.0.1:$app->port");
    fwrite($second, get('/spawns'));
    eventually(fn () => substr_count($app->log(), 'begins /') === 2, 'both began');
    foreach ($signals as $signal) {
        posix_kill($worker, $signal);
    }
    echo "$name: ", answer($first), ', ', answer($second), "\n";
    fclose($first);
    fclose($second);
    fclose($idle);
    eventually(fn () => $app->workers() !== [] && !in_array($worker, $app->workers(), true), 'the worker was replaced');
    $log = $app->log();
    echo substr_count($log, 'onWorkerStop'), ' onWorkerStop', str_contains($log, 'exit with status') ? $log : '', "\n";
    $app->stop(SIGTERM);
}
?>
--EXPECT--
SIGINT twice: from its callback, from a coroutine of its own
1 onWorkerStop
SIGTERM: from its callback, from a coroutine of its own
1 onWorkerStop
SIGQUIT: from its callback, from a coroutine of its own
1 onWorkerStop
