--TEST--
SIGUSR2 lets connections live until their clients close them
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
    $worker->onMessage = function ($connection) {
        usleep(5_000);
        $connection->send((string) getmypid());
    };
    PHP);
$old = dial("tcp://127.0.0.1:$app->port");
fwrite($old, get('/'));
$first = answer($old);
$app->reload(SIGUSR2);
eventually(fn () => str_contains($app->log(), 'reloading'), 'it reloads');
fwrite($old, get('/'));
echo answer($old) === $first ? "the old worker answers\n" : "cut off\n";
fclose($old);
eventually(fn () => !in_array((int) $first, $app->workers(), true) && $app->workers() !== [], 'the worker was replaced');
$new = dial("tcp://127.0.0.1:$app->port");
fwrite($new, get('/'));
echo answer($new) !== $first ? "a new worker answers\n" : "the same\n";
?>
--EXPECT--
the old worker answers
a new worker answers
