--TEST--
A read callback that is a closure of a Worker, and not its listener's, is called once for one event
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\eventually;

$app = WorkermanApp::start(<<<'PHP'
    final class Own extends Worker
    {
        public function begin(): void
        {
            [$ours, $theirs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
            $calls = 0;
            Worker::getEventLoop()->onReadable($ours, function ($stream) use (&$calls, $theirs) {
                $calls++;
                usleep(50_000);
                fread($stream, 100);
            });
            fwrite($theirs, 'one message');
            Workerman\Timer::add(0.2, function () use (&$calls) { echo "called $calls times\n"; }, [], false);
        }
    }
    $worker = new Own("http://127.0.0.1:$port");
    $worker->onWorkerStart = $worker->begin(...);
    PHP);
eventually(fn () => str_contains($app->log(), 'called'), 'the timer has fired');
echo preg_match('/called \d+ times/', $app->log(), $said) ? "$said[0]\n" : $app->log();
$app->stop();
?>
--EXPECT--
called 1 times
