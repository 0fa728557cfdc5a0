--TEST--
One Goridge client of a workerman worker serves all its requests; a reload loses none
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
Tusk\Tests\skip_without_package('workerman/workerman');
?>
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';

use Tusk\Tests\WorkermanApp;
use function Tusk\Tests\{answer, dial, get};

$address = Tusk\Tests\goridge_server(['--shuffle']);
$app = WorkermanApp::start(<<<PHP
    \$worker = new Worker("http://127.0.0.1:\$port");
    \$worker->onWorkerStart = function () use (&\$rpc) {
        \$rpc = Tusk\\Rpc\\Goridge::connect('$address');
    };
    \$worker->onMessage = function (\$connection, \$request) use (&\$rpc) {
        \$asked = substr(\$request->path(), 1);
        if (\$asked === 'connections') {
            return \$connection->send((string) \$rpc->stats()['connects']);
        }
        \$rpc->call('Test.Sleep', 30);
        \$connection->send(\$rpc->call('Test.Echo', "answer to \$asked"));
    };
    PHP);

$begun = hrtime(true);
$clients = [];
for ($i = 0; $i < 100; $i++) {
    fwrite($clients[$i] = dial("tcp://127.0.0.1:$app->port"), get("/$i"));
}
$wrong = 0;
foreach ($clients as $i => $client) {
    $wrong += answer($client) !== "answer to $i";
}
// One after the other they would take 3 s at least.
var_dump($wrong, hrtime(true) - $begun < 2.5e9);
fwrite($clients[0], get('/connections'));
var_dump(answer($clients[0]));

// Requests that wait for the server when the worker is replaced are answered.
for ($i = 0; $i < 20; $i++) {
    fwrite($clients[$i], get("/again-$i"));
}
// A request of another connection is answered after those of before it have begun.
fwrite($clients[50], get('/connections'));
answer($clients[50]);
$app->reload();
$lost = 0;
for ($i = 0; $i < 20; $i++) {
    $lost += answer($clients[$i]) !== "answer to again-$i";
}
var_dump($lost);
fwrite($fresh = dial("tcp://127.0.0.1:$app->port"), get('/new'));
var_dump(answer($fresh), $app->stop());
?>
--EXPECT--
int(0)
bool(true)
string(1) "1"
int(0)
string(13) "answer to new"
int(0)
