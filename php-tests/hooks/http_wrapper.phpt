--TEST--
The http wrapper, fsockopen() and copy() suspend
--FILE--
<?php
require __DIR__ . '/../include/socket_compare.php';

$process = proc_open([PHP_BINARY, '-n', __DIR__ . '/../include/socket_http_server.php'], [1 => ['pipe', 'w']], $pipes);
$address = trim(fgets($pipes[1]));

same_as_plain('file_get_contents', fn() => [stream_get_contents($read = fopen("http://$address/hello", 'r')), stream_get_meta_data($read)['wrapper_data']]);
$nobody = unused_address();
same_as_plain('refused', fn() => file_get_contents("http://$nobody/"));
same_as_plain('notifications', function () use ($address) {
    $context = stream_context_create();
    $codes = [];
    stream_context_set_params($context, ['notification' => function (int $code) use (&$codes) {
        $codes[] = $code;
    }]);
    return [file_get_contents("http://$address/notified", false, $context), $codes];
});

// Answered only when all are there.
Tusk\run(function () use ($address) {
    $answers = [];
    for ($i = 0; $i < 20; $i++) {
        Tusk\go(function () use ($address, &$answers) {
            $answers[] = file_get_contents("http://$address/wait/20");
        });
    }
    while (count($answers) < 20) {
        Tusk\sleep(0.001);
    }
    sort($answers, SORT_NATURAL);
    echo count(array_unique($answers)), " answers, $answers[0] to $answers[19]\n";
});
Tusk\run(function () use ($address) {
    [$host, $port] = explode(':', $address);
    for ($i = 0; $i < 2; $i++) {
        Tusk\go(function () use ($host, $port) {
            $socket = fsockopen($host, $port);
            fwrite($socket, "GET /wait/2 HTTP/1.0\r\n\r\n");
            echo 'fsockopen: ' . trim(fgets($socket)) . "\n";
        });
    }
});
proc_terminate($process);
?>
--EXPECT--
file_get_contents: same
refused: same
notifications: same
20 answers, /wait/20 0 to /wait/20 19
fsockopen: HTTP/1.1 200 OK
fsockopen: HTTP/1.1 200 OK
