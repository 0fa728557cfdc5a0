--TEST--
libcurl waits in its coroutine: curl_exec, curl_multi, callbacks that wait, timeouts, errors
--EXTENSIONS--
curl
--FILE--
<?php
require __DIR__ . '/../include/http.inc';
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;
use function Tusk\Tests\overlap;

$url = Tusk\Tests\http_server();
function get(string $url, array $options = []): string|false
{
    global $last;
    $curl = curl_init($url);
    curl_setopt_array($curl, $options ?: [CURLOPT_RETURNTRANSFER => true]);
    $body = curl_exec($curl);
    $last = curl_errno($curl) . ' ' . preg_replace('/\d+ (milliseconds|ms)/', 'N ms', curl_error($curl));
    return $body;
}

$began = microtime(true);
echo implode(' ', each_of(20, fn() => get("$url/delay?ms=100"))), "\n";
var_dump(microtime(true) - $began < 1.5);
overlap('curl_exec', fn() => get("$url/delay?ms=5"));
overlap('by name', fn() => get(str_replace('127.0.0.1', 'localhost', $url) . '/delay?ms=5'));

overlap('curl_multi_select', function () use ($url) {
    $multi = curl_multi_init();
    for ($i = 0; $i < 3; $i++) {
        $handles[] = $handle = curl_init("$url/delay?ms=5");
        curl_setopt($handle, CURLOPT_RETURNTRANSFER, true);
        curl_multi_add_handle($multi, $handle);
    }
    do {
        curl_multi_exec($multi, $running);
        $running && curl_multi_select($multi, 1.0);
    } while ($running);
    return array_map('curl_multi_getcontent', $handles);
});

// A callback of curl is PHP code, and may wait itself.
overlap('a callback that waits', function () use ($url) {
    $body = '';
    get("$url/bytes?n=40000", [CURLOPT_WRITEFUNCTION => function ($curl, $data) use (&$body) {
        Tusk\sleep(0.001);
        $body .= $data;
        return strlen($data);
    }]);
    return strlen($body);
});

overlap('a timeout', fn() => [get("$url/delay?ms=5000", [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT_MS => 30]), $GLOBALS['last']]);
$port = Tusk\Tests\free_port();
echo json_encode(each_of(1, fn() => [get("http://127.0.0.1:$port/"), preg_replace('/ to 127.*/', '', $GLOBALS['last'])])), "\n";
echo json_encode(each_of(1, fn() => [get("$url/drop"), $GLOBALS['last']])), "\n";
overlap('large', fn() => strlen(get("$url/bytes?n=3000000")));

// One handle, many coroutines: in turn.
$shared = curl_init();
curl_setopt($shared, CURLOPT_RETURNTRANSFER, true);
ini_set('error_log', '/dev/null');
echo implode(' ', each_of(5, function (int $i) use ($shared, $url) {
    curl_setopt($shared, CURLOPT_URL, "$url/delay?ms=1");
    return curl_exec($shared);
})), "\n";

// Cancelled in the middle: the exception comes when libcurl has returned.
Tusk\run(function () use ($url) {
    $handle = curl_init("$url/delay?ms=10000");
    $task = Tusk\go(function () use ($handle) {
        try {
            curl_exec($handle);
            echo "not reached\n";
        } finally {
            echo "finally\n";
        }
    });
    Tusk\sleep(0.01);
    $task->cancel();
    try {
        $task->join();
    } catch (Tusk\CancelledException $e) {
        echo get_class($e), "\n";
    }
    curl_setopt_array($handle, [CURLOPT_URL => "$url/delay?ms=1", CURLOPT_RETURNTRANSFER => true]);
    echo curl_exec($handle), "\n";
    try {
        Tusk\timeout(0.02, fn() => get("$url/delay?ms=10000"));
    } catch (Tusk\TimeoutException $e) {
        echo get_class($e), "\n";
    }
});
?>
--EXPECT--
ok ok ok ok ok ok ok ok ok ok ok ok ok ok ok ok ok ok ok ok
bool(true)
curl_exec: before other after, "ok"
by name: before other after, "ok"
curl_multi_select: before other after, ["ok","ok","ok"]
a callback that waits: before other after, 40000
a timeout: before other after, [false,"28 Operation timed out after N ms with 0 bytes received"]
[[false,"7 Failed to connect"]]
[[false,"52 Empty reply from server"]]
large: before other after, 3000000
ok ok ok ok ok
finally
Tusk\CancelledException
ok
Tusk\TimeoutException
