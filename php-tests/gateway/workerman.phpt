--TEST--
The gateway on workerman: every route, and waiting requests side by side
--EXTENSIONS--
pdo_sqlite
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
use Tusk\Tests\Process;

$port = Tusk\Tests\free_port();
$script = __DIR__ . '/../../examples/gateway/start.php';
$gateway = Process::start([...Tusk\Tests\php_with_tusk(), $script, 'start'], ['TUSK_GATEWAY_LISTEN' => "127.0.0.1:$port"]);
$gateway->waitForWorkerman($port);
echo str_contains($gateway->output(), 'on workerman 5') ? "on workerman\n" : $gateway->output();

$get = static fn (string $path) => file_get_contents("http://127.0.0.1:$port$path");
echo $get('/hello');
echo json_decode($get('/db'), true)['rows'][4]['square'], "\n";
$fanout = json_decode($get('/fanout'), true);
echo $fanout['answered'], $fanout['total_ms'] < 500 ? ' at once' : " in {$fanout['total_ms']} ms", "\n";
echo json_decode($get('/sleep?ms=-5'), true)['slept_ms'], "\n";
echo isset(json_decode($get('/stats'), true)['info']['driver']) ? 'a driver' : 'no driver', "\n";
$nothing = fopen("http://127.0.0.1:$port/nothing", 'r', false, stream_context_create(['http' => ['ignore_errors' => true]]));
echo stream_get_meta_data($nothing)['wrapper_data'][0], "\n";
?>
--EXPECT--
on workerman
Hello from Tusk
25
20 at once
50
a driver
HTTP/1.1 404 Not Found
