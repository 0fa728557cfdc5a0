--TEST--
A worker that stops and is not let run for a while answers what came meanwhile, on new and on kept connections
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\{answer, dial, eventually, get};

$app = WorkermanApp::start(<<<'PHP'
    // Nothing is cancelled, however busy the machine is.
    Worker::$stopTimeout = 30;
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onMessage = function ($connection, $request) use ($worker, $folder) {
        if ($request->path() === '/hold') {
            while (!file_exists("$folder/end")) {
                usleep(1000);
            }
        }
        $connection->send($request->path() . ' ' . count($worker->connections));
    };
    PHP);
eventually(fn () => $app->workers() !== [], 'the worker ran');
$worker = $app->workers()[0];
$ask = static function ($connection, string $path): ?string {
    fwrite($connection, get($path));
    return answer($connection);
};
[$new, $kept, $hold] = [dial("tcp://127.0.0.1:$app->port"), dial("tcp://127.0.0.1:$app->port"), dial("tcp://127.0.0.1:$app->port")];
eventually(fn () => $ask($kept, '/count') === '/count 3', 'all were accepted');
fwrite($hold, get('/hold'));

// It stops, and looks at its connections every 10 ms. If it has not begun to by now, nothing is tested, and nothing fails.
posix_kill($worker, SIGINT);
usleep(50_000);
posix_kill($worker, SIGSTOP);
// Longer than it waits for a first request.
usleep(500_000);
fwrite($new, get('/new'));
fwrite($kept, get('/kept'));
posix_kill($worker, SIGCONT);
echo strtok(answer($new) ?? 'cut off', ' '), ', ', strtok(answer($kept) ?? 'cut off', ' '), "\n";
touch("$app->folder/end");
echo strtok(answer($hold) ?? 'cut off', ' '), "\n";
$app->stop();
?>
--EXPECT--
/new, /kept
/hold
