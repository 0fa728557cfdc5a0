--TEST--
workerman 4: reload and stop wait for handlers, a peer's close is noticed, onConnect may wait
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman4');
?>
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
use Tusk\Tests\WorkermanApp;

/** workerman 4 does not close a connection because a client asks for it. */
function get(string $url): string
{
    $request = curl_init($url);
    curl_setopt($request, CURLOPT_RETURNTRANSFER, true);
    return (string) curl_exec($request);
}

$app = WorkermanApp::startVersion4(<<<'PHP'
    Worker::$stopTimeout = 5;
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onConnect = static fn () => usleep(2000);
    $worker->onWorkerStop = static fn () => print("worker stops\n");
    $worker->onClose = static function () use ($folder): void { file_put_contents("$folder/closed", 'x', FILE_APPEND); };
    $worker->onMessage = static function (TcpConnection $connection, $request) use ($folder): void {
        if ($request->path() === '/closed') {
            $connection->send(is_file("$folder/closed") ? 'noticed' : 'not yet');
            return;
        }
        file_put_contents("$folder/begun", 'x', FILE_APPEND);
        usleep((int) $request->get('us', 300_000));
        $connection->send('waited ' . getmypid());
    };
    PHP);
function request(WorkermanApp $app, string $path)
{
    $client = stream_socket_client("tcp://127.0.0.1:$app->port");
    fwrite($client, "GET $path HTTP/1.1\r\nHost: a\r\n\r\n");
    return $client;
}
function answer($client): string
{
    for ($answer = ''; !preg_match('/\r\n\r\n(.+)$/', $answer, $found);) {
        $read = fread($client, 4096);
        if ($read === '' || $read === false) {
            return 'cut off';
        }
        $answer .= $read;
    }
    return $found[1] . (str_contains($answer, 'Connection: close') ? ', and it closes' : '');
}
// A client that goes away while its handler waits.
fclose(request($app, '/?us=5000000'));
do {
    $closed = get("$app->url/closed");
} while ($closed !== 'noticed');
echo "the close was noticed\n";

$before = $app->workers()[0];
$client = request($app, '/');
usleep(100_000);
$app->reload();
$answer = answer($client);
echo str_replace((string) $before, 'in the old worker', $answer), "\n";
do {
    $pid = (int) substr(get("$app->url/?us=0"), 7);
} while ($pid === $before);
echo "a new worker answers\n";

// It tells its workers after a second.
$client = request($app, '/?us=2500000');
usleep(100_000);
$code = $app->stop();
echo preg_replace('/\d+/', 'N', answer($client)), "\n", $code, "\n";
echo substr_count($app->log(), 'worker stops'), " stops\n";
?>
--EXPECT--
the close was noticed
waited in the old worker, and it closes
a new worker answers
waited N, and it closes
0
2 stops
