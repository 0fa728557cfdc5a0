--TEST--
Several workers, the status and connections commands, and the end of all of them
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
    $worker->name = 'many';
    $worker->count = 3;
    $worker->onMessage = fn ($connection) => $connection->send((string) getmypid());
    PHP);
eventually(fn () => count($app->workers()) === 3, 'three workers ran');
$workers = $app->workers();
$client = dial("tcp://127.0.0.1:$app->port");
fwrite($client, get('/'));
echo in_array((int) answer($client), $workers, true) ? "a worker answers\n" : "somebody else answers\n";
$status = $app->command('status');
echo preg_match('/3 processes/', $status), ' ', preg_match('/many\s+eventloop/i', $status), ' ', preg_match_all('/\[idle\]/', $status), "\n";
$connections = $app->command('connections');
echo preg_match_all('/ESTABLISHED/', $connections), " connection\n";
$app->command('reload');
eventually(fn () => count($app->workers()) === 3 && array_intersect($workers, $app->workers()) === [], 'all were replaced');
$workers = $app->workers();
echo "reloaded\n";
// The command waits until the master is gone, which takes somebody who asks for its exit code.
$command = Tusk\go(fn () => $app->command('stop'));
echo 'exit code ', $app->stop(0), "\n";
echo str_contains($command->join(), 'stop success') ? "stopped\n" : $app->log();
echo count(array_filter($workers, fn ($pid) => posix_kill($pid, 0))), " left\n";
echo str_contains($app->log(), 'exit with status') ? $app->log() : "no worker failed\n";
?>
--EXPECT--
a worker answers
1 1 3
1 connection
reloaded
exit code 0
stopped
0 left
no worker failed
