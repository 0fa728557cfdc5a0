--TEST--
workerman 4: handlers, timers and signals wait without holding the worker; requests stay in order
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
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onWorkerStart = static function (): void {
        global $ticks, $signals;
        $ticks = $signals = 0;
        $GLOBALS['all'] = new Tusk\Barrier(20);
        $GLOBALS['timer'] = Timer::add(0.01, static function () use (&$ticks): void { $ticks++; usleep(1000); });
        Timer::add(0.001, static function (string $word): void { $GLOBALS['once'] = $word; }, ['once'], false);
        Worker::$globalEvent->add(SIGURG, Workerman\Events\EventInterface::EV_SIGNAL, static function () use (&$signals): void {
            usleep(1000);
            $signals++;
        });
    };
    $worker->onMessage = static function (TcpConnection $connection, $request): void {
        usleep((int) $request->get('us', 0));
        $request->path() === '/together' && $GLOBALS['all']->wait();
        $answer = match ($request->path()) {
            '/loop' => get_class(Worker::$globalEvent) . ' ' . strtok(Worker::VERSION, '.'),
            '/state' => json_encode(['ticks' => $GLOBALS['ticks'] > 2, 'once' => $GLOBALS['once'], 'signals' => $GLOBALS['signals']]),
            '/stop-timer' => json_encode([Timer::del($GLOBALS['timer']), Worker::$globalEvent->getTimerCount()]),
            '/pid' => (string) getmypid(),
            default => (string) $request->get('n'),
        };
        $connection->send($answer);
    };
    PHP);
echo get("$app->url/loop"), "\n";

// Nobody is answered before all twenty wait: they do so side by side, or for ever.
$handles = curl_multi_init();
for ($i = 0; $i < 20; $i++) {
    $requests[$i] = curl_init("$app->url/together?us=1000&n=$i");
    curl_setopt($requests[$i], CURLOPT_RETURNTRANSFER, true);
    curl_multi_add_handle($handles, $requests[$i]);
}
do {
    curl_multi_exec($handles, $running);
    curl_multi_select($handles, 0.1);
} while ($running);
echo array_map(curl_multi_getcontent(...), $requests) === array_map(strval(...), range(0, 19)) ? "all answered at once\n" : "wrong answers\n";

// Pipelined requests of one connection are answered in their order.
$client = stream_socket_client("tcp://127.0.0.1:$app->port");
fwrite($client, "GET /?us=20000&n=first HTTP/1.1\r\nHost: a\r\n\r\nGET /?n=second HTTP/1.1\r\nHost: a\r\n\r\n");
$answers = '';
while (substr_count($answers, 'HTTP/1.1 200') < 2 || !str_ends_with($answers, 'second')) {
    $answers .= fread($client, 4096);
}
echo strpos($answers, 'first') < strpos($answers, 'second') ? "in order\n" : "overtaken\n";

posix_kill((int) get("$app->url/pid"), SIGURG);
do {
    $state = get("$app->url/state?us=5000");
} while (json_decode($state)->signals === 0);
echo $state, "\n";
echo get("$app->url/stop-timer"), "\n";
echo $app->stop(), "\n";
?>
--EXPECT--
Tusk\Workerman\V4\EventLoop 4
all answered at once
in order
{"ticks":true,"once":"once","signals":1}
[true,0]
0
