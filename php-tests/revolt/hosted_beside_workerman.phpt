--TEST--
host(): code on Revolt works in workerman's handlers on Tusk
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
Tusk\Tests\skip_without_package('amphp/amp');
?>
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
use Tusk\Tests\WorkermanApp;

$app = WorkermanApp::start(<<<'PHP'
    Tusk\Tests\load_package('amphp/amp');
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onWorkerStart = function () {
        $loop = new Tusk\Revolt\Driver();
        Revolt\EventLoop::setDriver($loop);
        $loop->host();
    };
    // Nobody goes on before all ten wait here: they do so side by side, or for ever.
    $all = new Tusk\Barrier(10);
    $worker->onMessage = function ($connection, $request) use ($all) {
        $answers = Amp\Future\await([
            Amp\async(function () { Amp\delay(0.001); return 'timers'; }),
            Amp\async(function () { usleep(1000); return 'hooks'; }),
            Amp\async(function () use ($all) { $all->wait(); return 'barrier'; }),
        ]);
        ksort($answers);
        $connection->send(implode(' and ', $answers));
    };
    PHP);
$handles = curl_multi_init();
for ($i = 0; $i < 10; $i++) {
    $requests[] = $request = curl_init($app->url);
    curl_setopt($request, CURLOPT_RETURNTRANSFER, true);
    curl_multi_add_handle($handles, $request);
}
do {
    curl_multi_exec($handles, $running);
    curl_multi_select($handles, 0.1);
} while ($running);
foreach (array_count_values(array_map(curl_multi_getcontent(...), $requests)) as $answer => $times) {
    echo "$times times: $answer\n";
}
echo $app->stop(), "\n";
?>
--EXPECT--
10 times: timers and hooks and barrier
0
