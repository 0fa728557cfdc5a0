--TEST--
Pipelined requests are answered in order, and a handler never overlaps another of its connection
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
        $connection->inside = ($connection->inside ?? 0) + 1;
        usleep((int) $request->get('us'));
        $connection->send($request->get('n') . ':' . $connection->inside);
        $connection->inside--;
    };
    PHP);
$client = dial("tcp://127.0.0.1:$app->port");
// In one packet: workerman finds them in its buffer.
fwrite($client, get('/?n=1&us=20000') . get('/?n=2&us=0') . get('/?n=3&us=5000'));
echo answer($client), ' ', answer($client), ' ', answer($client), "\n";
// One after the other: the second arrives while the first waits.
fwrite($client, get('/?n=4&us=20000'));
usleep(5_000);
fwrite($client, get('/?n=5&us=1000'));
usleep(5_000);
fwrite($client, get('/?n=6&us=0'));
echo answer($client), ' ', answer($client), ' ', answer($client), "\n";
// Many that do not wait, on a connection that is kept alive.
$request = get('/?n=7&us=0');
for ($i = $right = 0; $i < 200; $i++) {
    fwrite($client, $request);
    $right += answer($client) === '7:1' ? 1 : 0;
}
echo "$right answers\n";
?>
--EXPECT--
1:1 2:1 3:1
4:1 5:1 6:1
200 answers
