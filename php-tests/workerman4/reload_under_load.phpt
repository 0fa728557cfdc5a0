--TEST--
workerman 4: reloads while requests run lose none, neither on connections of their own nor on those kept alive
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman4');
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\{answer, dial, eventually, get, websocket, websocket_frame, websocket_text};

require __DIR__ . '/../include/workerman_load.php';
$app = WorkermanApp::startVersion4(<<<'PHP'
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->count = 2;
    $worker->onMessage = function ($connection, $request) {
        usleep(20_000);
        if ($request->get('close')) {
            $connection->close(new Workerman\Protocols\Http\Response(200, ['Connection' => 'close'], 'whole'));
        } else {
            $connection->send('whole');
        }
    };
    PHP);
eventually(fn () => count($app->workers()) === 2, 'two workers ran');
$generation = $app->workers();
$load = new Tusk\Tests\Load($app->port);
Tusk\run(function () use ($app, $load, &$generation) {
    $load->start(20, '/?close=1', false);
    $load->start(20, '/', true);
    for ($reload = 0; $reload < 3; $reload++) {
        $app->reload();
        eventually(fn () => count($app->workers()) === 2 && array_intersect($app->workers(), $generation) === [], 'both were replaced');
        $generation = $app->workers();
    }
    $load->stop();
});
echo "$load->lost lost", $load->answered > 100 ? '' : ", only $load->answered answered", "\n";
if ($load->lost > 0) {
    print_r(array_count_values($load->reasons));
    echo $app->log();
}
?>
--EXPECT--
0 lost
