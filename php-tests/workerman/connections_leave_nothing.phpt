--TEST--
Connections of every fate leave neither memory nor watches behind
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
        switch ($request->path()) {
            case '/wait':
                usleep(1_000);
                $connection->send('waited');
                break;
            case '/hang':
                usleep(50_000);
                $connection->send('nobody hears it');
                break;
            case '/close':
                $connection->close('closed');
                break;
            case '/memory':
                gc_collect_cycles();
                $connection->send((string) json_encode([memory_get_usage(), count($connection->worker->connections)]));
                break;
            default:
                $connection->send('hello');
        }
    };
    PHP);
$round = function () use ($app) {
    for ($i = 0; $i < 100; $i++) {
        foreach (['/', '/wait', '/close', '/hang'] as $path) {
            $client = dial("tcp://127.0.0.1:$app->port");
            fwrite($client, get($path));
            $path === '/hang' || answer($client);
            fclose($client);
        }
    }
};
$memory = function () use ($app) {
    $client = dial("tcp://127.0.0.1:$app->port");
    do {
        usleep(10_000);
        fwrite($client, get('/memory'));
        [$bytes, $connections] = json_decode(answer($client));
    } while ($connections > 1);
    return $bytes;
};
// As many at once as ever below: stacks of coroutines that ended are kept for the next.
$clients = [];
for ($i = 0; $i < 100; $i++) {
    fwrite($clients[] = dial("tcp://127.0.0.1:$app->port"), get('/hang'));
}
unset($clients);
$round();
// What leaks grows with every round; what a busy machine makes overlap once does not.
$grown = INF;
for ($try = 0; $try < 4 && $grown >= 20_000; $try++) {
    $before = $memory();
    $round();
    $round();
    $grown = $memory() - $before;
}
echo $grown < 20_000 ? "nothing\n" : "$grown bytes\n";
?>
--EXPECT--
nothing
