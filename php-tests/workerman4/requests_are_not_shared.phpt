--TEST--
workerman 4: two connections that send the same bytes have a Request each while handlers wait
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman4');
?>
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
use Tusk\Tests\WorkermanApp;

$app = WorkermanApp::startVersion4(<<<'PHP'
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onMessage = static function (TcpConnection $connection, $request): void {
        if ($request->path() === '/warm') {
            $connection->send('warm');
            return;
        }
        $request->own = $connection->id;
        usleep(20_000);
        $connection->send($request->connection === $connection && $request->own === $connection->id ? 'own' : 'shared');
    };
    PHP);
$bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
$clients = [];
for ($i = 0; $i < 5; $i++) {
    $clients[] = $client = stream_socket_client("tcp://127.0.0.1:$app->port");
    fwrite($client, $bytes);
}
foreach ($clients as $client) {
    for ($answer = ''; !preg_match('/(own|shared)$/', $answer);) {
        $answer .= fread($client, 4096);
    }
    echo substr($answer, strrpos($answer, "\n") + 1), "\n";
}
$app->stop();
?>
--EXPECT--
own
own
own
own
own
