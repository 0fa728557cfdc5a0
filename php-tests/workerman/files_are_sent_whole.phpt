--TEST--
Files that workerman sends arrive whole, whatever waits beside them
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\{answer, dial, get};

$file = Tusk\Tests\temporary_folder() . '/file';
file_put_contents($file, str_repeat('fedcba9876543210', 500_000));
$app = WorkermanApp::start('$file = "' . $file . '";' . <<<'PHP'
    $worker = new Worker("http://127.0.0.1:$port");
    $worker->onMessage = fn ($connection) => $connection->send((new Workerman\Protocols\Http\Response())->withFile($file));
    PHP);
$damaged = 0;
for ($round = 0; $round < 20; $round++) {
    $clients = [];
    for ($i = 0; $i < 8; $i++) {
        fwrite($clients[] = dial("tcp://127.0.0.1:$app->port"), get('/'));
    }
    usleep(5_000); // the senders' buffers fill while nobody reads
    foreach ($clients as $client) {
        $damaged += md5((string) answer($client)) !== md5_file($file);
    }
}
echo $damaged, " damaged\n";
$app->stop();
?>
--EXPECT--
0 damaged
