--TEST--
workerman 4: a websocket handler that waits for the next message of its connection gets it
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

$app = WorkermanApp::startVersion4(<<<'PHP'
    $worker = new Worker("websocket://127.0.0.1:$port");
    $worker->onMessage = function ($connection, $data) {
        $connection->inbox ??= new Tusk\Channel(10);
        if ($data === 'ask') {
            $connection->send('your name?');
            $connection->send('hello ' . $connection->inbox->receive());
        } elseif ($data === 'hang') {
            $connection->send('hanging');
            $connection->inbox->receive();
        } else {
            $connection->inbox->send($data);
        }
    };
    $worker->onClose = fn () => print "onClose\n";
    PHP);
$client = websocket("tcp://127.0.0.1:$app->port");
fwrite($client, websocket_frame('ask'));
echo websocket_text($client), "\n";
fwrite($client, websocket_frame('world'));
echo websocket_text($client), "\n";
// Several that wait, and two messages in one packet.
fwrite($client, websocket_frame('ask') . websocket_frame('ask'));
echo websocket_text($client), "\n";
fwrite($client, websocket_frame('one'));
usleep(5_000);
fwrite($client, websocket_frame('two'));
$rest = [websocket_text($client), websocket_text($client), websocket_text($client)];
sort($rest);
echo implode(', ', $rest), "\n";
// The message it waits for came in the same packet, and nothing comes after it.
fwrite($client, websocket_frame('ask') . websocket_frame('ask') . websocket_frame('three') . websocket_frame('four'));
$rest = [websocket_text($client), websocket_text($client), websocket_text($client), websocket_text($client)];
sort($rest);
echo implode(', ', $rest), "\n";
fwrite($client, websocket_frame('hang'));
echo websocket_text($client), "\n";
$before = substr_count($app->log(), 'onClose');
fclose($client);
eventually(fn () => substr_count($app->log(), 'onClose') > $before, 'onClose fired');
echo "closed\n";
?>
--EXPECT--
your name?
hello world
your name?
hello one, hello two, your name?
hello four, hello three, your name?, your name?
hanging
closed
