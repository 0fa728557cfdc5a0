--TEST--
The examples for workerman do what their first lines say
--SKIPIF--
<?php
require __DIR__ . '/../include/redis.inc';
require_once __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
Tusk\Tests\skip_without_redis();
?>
--FILE--
<?php
require __DIR__ . '/../include/redis.inc';
require __DIR__ . '/../include/workerman_clients.php';
use Tusk\Tests\Process;
use function Tusk\Tests\{answer, eventually, get, free_port, php_with_tusk, redis_server, temporary_folder, websocket, websocket_frame, websocket_text};

$redis = redis_server();
function example(string $name): array
{
    global $redis;
    $port = free_port();
    $environment = ['TUSK_EXAMPLE_LISTEN' => "127.0.0.1:$port", 'TUSK_EXAMPLE_FOLDER' => temporary_folder(), 'TUSK_EXAMPLE_REDIS' => "127.0.0.1:$redis"];
    $process = Process::start([...php_with_tusk(), __DIR__ . "/../../examples/workerman/$name.php", 'start'], $environment);
    return [$process->waitForWorkerman($port), $port];
}
function ask(int $port, string $path = '/'): string
{
    $client = stream_socket_client("tcp://127.0.0.1:$port");
    fwrite($client, get($path));
    return trim((string) answer($client));
}

[$app, $port] = example('start');
echo preg_replace('/\d+/', 'N', ask($port, '/?ms=10')), "\n";

[$app, $port] = example('long_polling');
$client = stream_socket_client("tcp://127.0.0.1:$port");
fwrite($client, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
eventually(static fn (): bool => ask($port, '/say?text=hello') === '1 heard it', 'somebody waited');
for ($answer = ''; !str_ends_with($answer, "hello\n");) {
    $answer .= fread($client, 1000);
}
echo substr($answer, -6);

[$app, $port] = example('server_sent_events');
$client = stream_socket_client("tcp://127.0.0.1:$port");
fwrite($client, "GET /?ms=5 HTTP/1.1\r\nHost: a\r\n\r\n");
for ($events = ''; substr_count($events, 'event: tick') < 3;) {
    $events .= fread($client, 1000);
}
echo preg_match('/id: 3\n/', $events) ? "three events\n" : $events;
fclose($client);
eventually(static fn (): bool => str_contains($app->output(), 'events and left'), 'it noticed the end');
echo "it noticed the end\n";

[$app, $port] = example('websocket');
$client = websocket("tcp://127.0.0.1:$port");
foreach (['Ada', '20', '22'] as $said) {
    if ($said !== '22') {
        echo websocket_text($client), "\n";
    }
    fwrite($client, websocket_frame($said));
}
echo websocket_text($client), "\n";

[$app, $port] = example('queue_consumer');
$queue = new Redis();
$queue->connect('127.0.0.1', $redis);
$queue->rPush('jobs', ...range(1, 8));
eventually(static fn (): bool => count(json_decode(ask($port))) === 8, 'all jobs were done');
$done = json_decode(ask($port), true);
echo array_sum(array_column($done, 'square')), ' by ', count(array_unique(array_column($done, 'consumer'))), " consumers\n";

[$app, $port] = example('timers');
eventually(static fn (): bool => json_decode(ask($port))->slow >= 2, 'the slow timer was called twice');
$calls = json_decode(ask($port));
echo $calls->quick > 2 * $calls->slow ? "the quick timer went on\n" : json_encode($calls) . "\n";
?>
--EXPECT--
waited in process N
hello
three events
it noticed the end
What is your name?
Hello Ada. Give me two numbers, one by one.
That makes 42, Ada.
204 by 4 consumers
the quick timer went on
