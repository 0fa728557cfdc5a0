--TEST--
A handler that waits holds neither other connections, nor timers, nor new connections
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
    $gate = new Tusk\Channel(0);
    $ticks = 0;
    $worker->onWorkerStart = function () use (&$ticks) {
        Timer::add(0.001, function () use (&$ticks) { $ticks++; });
    };
    $worker->onMessage = function ($connection, $request) use ($gate, &$ticks) {
        switch ($request->path()) {
            case '/wait':
                $before = $ticks;
                $word = $gate->receive();
                $connection->send("$word, timers " . ($ticks > $before ? 'ran' : 'stood'));
                break;
            case '/sleep':
                usleep(10_000);
                $connection->send('slept');
                break;
            case '/open':
                $gate->send('opened by another request');
                $connection->send('open');
        }
    };
    PHP);
$first = dial("tcp://127.0.0.1:$app->port");
fwrite($first, get('/wait'));
$second = dial("tcp://127.0.0.1:$app->port");
fwrite($second, get('/sleep'));
echo answer($second), "\n";
fwrite($second, get('/open'));
echo answer($second), "\n", answer($first), "\n";

// Many at once: as long as one, not as long as all.
$clients = [];
$begun = hrtime(true);
for ($i = 0; $i < 100; $i++) {
    fwrite($clients[] = dial("tcp://127.0.0.1:$app->port"), get('/sleep'));
}
$answers = array_map(answer(...), $clients);
echo count(array_keys($answers, 'slept')), hrtime(true) - $begun < 900e6 ? ' at once' : ' one by one', "\n";
?>
--EXPECT--
slept
open
opened by another request, timers ran
100 at once
