--TEST--
Handlers that use the http wrapper, fsockopen, Tusk\sleep and coroutines of their own wait side by side
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

require __DIR__ . '/../include/http.inc';
$upstream = Tusk\Tests\http_server();
$app = WorkermanApp::start('$upstream = "' . $upstream . '";' . <<<'PHP'
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onMessage = function ($connection, $request) use ($upstream) {
        $url = parse_url($upstream);
        $connection->send(match ($request->path()) {
            '/wrapper' => file_get_contents("$upstream/delay?ms=100"),
            '/socket' => (function () use ($url) {
                $socket = fsockopen($url['host'], $url['port']);
                fwrite($socket, "GET /delay?ms=100 HTTP/1.0\r\nHost: localhost\r\n\r\n");
                return substr(strrchr(stream_get_contents($socket), "\n"), 1);
            })(),
            '/sleep' => (function () { Tusk\sleep(0.1); return 'ok'; })(),
            '/many' => implode(' ', array_map(fn ($one) => $one->join(), array_map(
                fn () => Tusk\go(fn () => file_get_contents("$upstream/delay?ms=100")), range(1, 5)))),
        });
    };
    PHP);
$clients = [];
$begun = hrtime(true);
for ($i = 0; $i < 10; $i++) {
    foreach (['/wrapper', '/socket', '/sleep', '/many'] as $path) {
        fwrite($clients["$path $i"] = dial("tcp://127.0.0.1:$app->port"), get($path));
    }
}
$answers = array_count_values(array_map(fn ($client) => trim((string) answer($client)), $clients));
print_r($answers);
if (isset($answers[''])) {
    echo $app->log(); // why they were not answered
}
// One after the other would be four seconds.
echo hrtime(true) - $begun < 2e9 ? 'side by side' : 'one by one', "\n";
?>
--EXPECT--
Array
(
    [ok] => 30
    [ok ok ok ok ok] => 10
)
side by side
