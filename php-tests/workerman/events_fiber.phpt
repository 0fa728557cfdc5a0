--TEST--
A worker on workerman's own Fiber loop: handlers wait side by side, on Revolt's driver and on Tusk's
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
Tusk\Tests\skip_without_package('revolt/event-loop');
?>
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\{answer, dial, get};

foreach (['Revolt\EventLoop\Driver\StreamSelectDriver', 'Tusk\Revolt\Driver'] as $driver) {
    putenv("REVOLT_DRIVER=$driver");
    $app = WorkermanApp::start(<<<'PHP'
        Tusk\Tests\load_package('revolt/event-loop');
        $now = $most = 0;
        $worker = new Worker("http://127.0.0.1:$port");
        $worker->onWorkerStart = static function (): void {
            $GLOBALS['ticks'] = 0;
            Timer::add(0.001, static fn () => $GLOBALS['ticks']++);
        };
        $worker->onMessage = static function (TcpConnection $connection, $request) use (&$now, &$most): void {
            if ($request->path() === '/most') {
                $connection->send("$most at once on " . get_class(Revolt\EventLoop::getDriver()));
                return;
            }
            $most = max($most, ++$now);
            // Nobody is answered before all ten wait, and the timer was called five times meanwhile.
            while ($most < 10 || $GLOBALS['ticks'] < 5) {
                usleep(1000);
            }
            $connection->send($request->get('n'));
            $now--;
        };
        PHP, 'Workerman\Events\Fiber');
    $clients = [];
    for ($n = 0; $n < 10; $n++) {
        $clients[$n] = dial("tcp://127.0.0.1:$app->port");
        fwrite($clients[$n], get("/?n=$n"));
    }
    echo implode(' ', array_map(answer(...), $clients)), "\n";
    fwrite($clients[0], get('/most'));
    echo answer($clients[0]), "\n", $app->stop(), "\n";
}
?>
--EXPECT--
0 1 2 3 4 5 6 7 8 9
10 at once on Revolt\EventLoop\Driver\StreamSelectDriver
0
0 1 2 3 4 5 6 7 8 9
10 at once on Tusk\Revolt\Driver
0
