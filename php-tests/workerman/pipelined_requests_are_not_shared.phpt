--TEST--
A connection's second request, which was read together with the first, is nobody else's either
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
?>
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
use Tusk\Tests\WorkermanApp;

$app = WorkermanApp::start(<<<'PHP'
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onMessage = static function (TcpConnection $connection, $request): void {
        static $begun = 0;
        if ($request->path() === '/begun') {
            $connection->send((string) $begun);
            return;
        }
        $begun++;
        $request->context['own'] = $connection->id;
        usleep(100_000);
        $own = $request->connection === $connection && $request->context['own'] === $connection->id;
        $connection->send($own ? 'own' : 'shared');
    };
    PHP);
$bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
$first = stream_socket_client("tcp://127.0.0.1:$app->port");
fwrite($first, $bytes . $bytes);
$ask = curl_init("$app->url/begun");
curl_setopt($ask, CURLOPT_RETURNTRANSFER, true);
while (curl_exec($ask) !== '2') {
    usleep(2000);
}
// The second request of the first connection is under way.
$second = stream_socket_client("tcp://127.0.0.1:$app->port");
fwrite($second, $bytes);
foreach ([[$first, 2], [$second, 1]] as [$client, $expected]) {
    for ($answers = ''; preg_match_all('/(?<=\n)(own|shared)/', $answers, $found) < $expected;) {
        $answers .= fread($client, 4096);
    }
    echo implode(' ', $found[0]), "\n";
}
$app->stop();
?>
--EXPECT--
own own
own
