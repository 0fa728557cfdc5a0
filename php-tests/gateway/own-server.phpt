--TEST--
The gateway's own server: keep-alive, bad requests, waiting requests side by side
--EXTENSIONS--
pdo_sqlite
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
use Tusk\Tests\Process;

$port = Tusk\Tests\free_port();
$code = 'require "handlers.php"; require "server.php"; Gateway\serve(Gateway\address());';
// chdir() in a thread-safe PHP is PHP's alone: a child does not begin there.
$code = 'chdir(' . var_export(__DIR__ . '/../../examples/gateway', true) . "); $code";
Process::start([...Tusk\Tests\php_with_tusk(), '-r', $code], ['TUSK_GATEWAY_LISTEN' => "127.0.0.1:$port"])->waitForPort($port);

function ask(int $port, string $bytes): string
{
    $socket = stream_socket_client("tcp://127.0.0.1:$port");
    fwrite($socket, $bytes);
    stream_socket_shutdown($socket, STREAM_SHUT_WR);
    return stream_get_contents($socket);
}

function status(string $answer): string
{
    return strtok($answer, "\r");
}

$two = ask($port, "GET /hello HTTP/1.1\r\n\r\nPOST /nothing HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /hello HTTP/1.0\r\n\r\nGET /hello HTTP/1.1\r\n\r\n");
preg_match_all('~HTTP/1.1 (\d+)~', $two, $found);
echo 'pipelined: ', implode(' ', $found[1]), "\n";

foreach ([
    'no HTTP' => "hello\r\n\r\n",
    'no header' => "GET /hello HTTP/1.1\r\nnonsense\r\n\r\n",
    'chunked' => "POST /hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    'negative length' => "POST /hello HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    'huge length' => "POST /hello HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    'long line' => 'GET /' . str_repeat('a', 20000) . " HTTP/1.1\r\n\r\n",
    'many headers' => "GET /hello HTTP/1.1\r\n" . str_repeat("A: b\r\n", 200) . "\r\n",
    'cut off' => "GET /hello HTTP/1.1\r\nHost: a",
] as $what => $bytes) {
    echo "$what: ", status(ask($port, $bytes)), "\n";
}

// Eight that wait a second each, sent at once: all are answered in far less than eight.
$begun = hrtime(true);
$sockets = [];
for ($i = 0; $i < 8; $i++) {
    $sockets[] = $socket = stream_socket_client("tcp://127.0.0.1:$port");
    fwrite($socket, "GET /sleep?ms=1000 HTTP/1.0\r\n\r\n");
}
foreach ($sockets as $socket) {
    $answers[] = status(stream_get_contents($socket));
}
echo 'side by side: ', implode(', ', array_unique($answers)), (hrtime(true) - $begun) / 1e9 < 6 ? ' in time' : ' one after the other', "\n";
echo 'database: ', json_decode(file_get_contents("http://127.0.0.1:$port/db"), true)['rows'][4]['square'], "\n";
echo 'fan-out: ', json_decode(file_get_contents("http://127.0.0.1:$port/fanout"), true)['answered'], "\n";
?>
--EXPECT--
pipelined: 200 404 200
no HTTP: HTTP/1.1 400 Bad Request
no header: HTTP/1.1 400 Bad Request
chunked: HTTP/1.1 400 Bad Request
negative length: HTTP/1.1 400 Bad Request
huge length: HTTP/1.1 400 Bad Request
long line: HTTP/1.1 400 Bad Request
many headers: HTTP/1.1 400 Bad Request
cut off: HTTP/1.1 400 Bad Request
side by side: HTTP/1.1 200 OK in time
database: 25
fan-out: 20
