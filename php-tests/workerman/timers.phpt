--TEST--
Timer: add once and repeated, delay, del, from handlers that wait
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
        $heard = new Tusk\Channel(100);
        $before = Worker::getEventLoop()->getTimerCount();
        $never = Timer::add(60, fn () => $heard->send('never'), [], false);
        Timer::add(0.001, fn (string $word) => $heard->send($word), ['once'], false);
        Timer::delay(0.003, fn () => $heard->send('delayed'));
        $n = 0;
        $id = Timer::add(0.005, function () use (&$n, &$id, $heard) {
            usleep(1_000);
            $heard->send('repeat ' . ++$n);
            $n === 3 && Timer::del($id);
        });
        $all = [];
        while (end($all) !== 'repeat 3') {
            $all[] = $heard->receive();
        }
        Timer::del($never);
        $connection->send(implode(', ', $all) . ', left ' . Worker::getEventLoop()->getTimerCount() - $before);
    };
    PHP);
$client = dial("tcp://127.0.0.1:$app->port");
fwrite($client, get('/'));
echo answer($client), "\n";
?>
--EXPECT--
once, delayed, repeat 1, repeat 2, repeat 3, left 0
