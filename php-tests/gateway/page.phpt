--TEST--
The gateway's page shows in a browser who waits where, the driver and its reason, latency, pool and holds
--EXTENSIONS--
pdo_sqlite
curl
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
trim((string) shell_exec('command -v chromium')) !== '' || exit('skip chromium is not installed (Debian: chromium)');
?>
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
use Tusk\Tests\Process;

$port = Tusk\Tests\free_port();
$gateway = Process::start([...Tusk\Tests\php_with_tusk(), __DIR__ . '/../../examples/gateway/start.php', 'start'], ['TUSK_GATEWAY_LISTEN' => "127.0.0.1:$port"]);
$gateway->waitForWorkerman($port);

function get(string $path): string
{
    global $port;
    $request = curl_init("http://127.0.0.1:$port$path");
    curl_setopt($request, CURLOPT_RETURNTRANSFER, true);
    return (string) curl_exec($request);
}
get('/db');
get('/hold?ms=400');
// The watchdog asks, and is answered while it holds.
do {
    get('/hold?ms=300');
} while (json_decode(get('/live'), true)['blocked'] === []);
// Seven requests that are under way while the browser looks.
$clients = [];
for ($i = 0; $i < 7; $i++) {
    $clients[] = $client = stream_socket_client("tcp://127.0.0.1:$port");
    fwrite($client, "GET /sleep?ms=40000 HTTP/1.1\r\nHost: a\r\n\r\n");
}
do {
    $live = json_decode(get('/live'), true);
    $sleepers = count(array_filter($live['coroutines'], static fn (array $one): bool => $one['waits_in'] === 'usleep()'));
} while ($sleepers < 7);
echo preg_match('/^tusk_coroutines \d+$/m', get('/metrics')) ? "metrics\n" : "no metrics\n";

$folder = Tusk\Tests\temporary_folder();
$browser = Process::start(
    ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', "--user-data-dir=$folder", '--virtual-time-budget=2500', '--dump-dom', "http://127.0.0.1:$port/"],
    ['HOME' => $folder],
);
$browser->wait(45.0);
$page = $browser->output();
$shows = static function (string $what, string $pattern) use ($page): void {
    echo $what, preg_match($pattern, $page) ? " is shown\n" : " is missing:\n" . substr($page, -6000) . "\n";
};
$shows('the driver', '~id="driver">' . $live['driver'] . '<~');
$shows('its reason', '~id="reason">[^<]{10,}<~');
$shows('who waits where', '~<td class="n">7</td><td>usleep\(\)</td><td><code>examples/gateway/handlers.php:\d+</code>~');
$shows('the loop', '~Tusk\\\\EventLoop::run\(\)~');
$shows('latency', '~id="p95">[\d.,]+ ms<.*<rect~s');
$shows('the pool', '~id="pool"><tr><td class="n">4</td><td class="n">1</td><td class="n">0</td><td class="n">0</td>~');
$shows('what held the process', '~id="held"><tr><td>\d\d:\d\d:\d\d</td><td class="n warn">[\d,.]+ ms</td>~');
$shows('its file and line', '~id="blocked">.*examples/gateway/handlers\.php:\d+.*hold~s');
?>
--EXPECT--
metrics
the driver is shown
its reason is shown
who waits where is shown
the loop is shown
latency is shown
the pool is shown
what held the process is shown
its file and line is shown
