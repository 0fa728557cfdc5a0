--TEST--
Handlers that wait with the same bytes from different connections have a Request each
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
    $number = 0;
    $worker->onMessage = function ($connection, $request) use (&$number) {
        if ($request->path() === '/quick') {
            return $connection->send($request->connection === $connection ? 'own' : "another's");
        }
        $mine = ++$number;
        $request->note = $mine;
        $request->context['note'] = $mine;
        usleep(20_000);
        $own = $request->connection === $connection && $request->note === $mine && $request->context['note'] === $mine;
        usleep(1_000);
        $connection->send($own && $request->connection === $connection ? 'own' : "another's");
    };
    PHP);
$ask = function (string $path, int $times) use ($app) {
    $clients = [];
    for ($i = 0; $i < $times; $i++) {
        fwrite($clients[] = dial("tcp://127.0.0.1:$app->port"), get($path));
    }
    print_r(array_count_values(array_map(answer(...), $clients)));
};
$ask('/wait', 50);
$ask('/quick', 50);
$ask('/wait', 50);
?>
--EXPECT--
Array
(
    [own] => 50
)
Array
(
    [own] => 50
)
Array
(
    [own] => 50
)
