--TEST--
JSON-RPC: over HTTP a slow call holds up nobody while connections are left; a server's own calls are refused
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
use Tusk\Rpc\JsonRpc;
use Tusk\Tests\Process;
use function Tusk\Tests\failure_of;

function server(string $framing): int
{
    $port = Tusk\Tests\free_port();
    Process::start([...Tusk\Tests\plain_php(), __DIR__ . '/../include/json_rpc_server.php', (string) $port, $framing])->waitForPort($port);
    return $port;
}

echo "# several connections\n";
$rpc = JsonRpc::connect('http://127.0.0.1:' . server('http') . '/rpc?v=1', ['connections' => 3]);
var_dump($rpc->stats()['connects']);
// On one connection the release would wait behind what it is to release.
$slow = [$rpc->callAsync('held'), $rpc->callAsync('held')];
var_dump($rpc->call('release', timeout: 30), array_map(fn ($future) => $future->await(30), $slow), $rpc->stats()['connects']);
for ($i = 0; $i < 100; $i++) {
    $calls[] = Tusk\go(fn () => $rpc->call('echo', [$i]) === [$i]);
}
$right = array_filter(array_map(fn ($call) => $call->join(), $calls));
echo count($right), ' right, ', $rpc->stats()['connects'], ' connections, ', $rpc->stats()['in_flight'], " in flight\n";
// Calls that were given up keep their connections busy; the others go on.
foreach ([1, 2] as $_) {
    echo strtok(failure_of(fn () => $rpc->call('held', timeout: 0.02)), ' '), "\n";
}
var_dump($rpc->call('echo', ['x'], timeout: 30), $rpc->call('release', timeout: 30), $rpc->isConnected());
$rpc->close();
echo strtok(failure_of(fn () => $rpc->call('echo')), ':'), "\n";

echo "# one connection\n";
$rpc = JsonRpc::connect('http://127.0.0.1:' . server('http') . '/rpc?v=1', ['connections' => 1]);
$futures = array_map(fn ($i) => $rpc->callAsync('echo', [$i]), range(1, 50));
echo count(array_filter($futures, fn ($future) => $future->await(30) !== null)), ' answers, ', $rpc->stats()['connects'], " connection\n";
$rpc->close();

echo "# a response that ends with its connection\n";
$rpc = JsonRpc::connect('http://127.0.0.1:' . server('close') . '/rpc?v=1');
for ($i = 0; $i < 5; $i++) {
    echo json_encode($rpc->call('echo', [$i])), ' ';
}
echo $rpc->stats()['failed'], " failed\n";

echo "# a server that calls\n";
foreach (['newline', 'length'] as $framing) {
    $rpc = JsonRpc::connect('tcp://127.0.0.1:' . server($framing), ['framing' => $framing]);
    echo json_encode($rpc->call('calls_back', timeout: 30)), "\n";
}
echo failure_of(fn () => JsonRpc::connect('tcp://127.0.0.1:1', ['connections' => 2])), "\n";
echo failure_of(fn () => JsonRpc::connect('http://127.0.0.1:1', ['connections' => 0])), "\n";
?>
--EXPECT--
# several connections
int(1)
int(2)
array(2) {
  [0]=>
  string(8) "released"
  [1]=>
  string(8) "released"
}
int(3)
100 right, 3 connections, 0 in flight
Tusk\TimeoutException:
Tusk\TimeoutException:
array(1) {
  [0]=>
  string(1) "x"
}
int(2)
bool(true)
Tusk\ConnectionException
# one connection
50 answers, 1 connection
# a response that ends with its connection
[0] [1] [2] [3] [4] 0 failed
# a server that calls
{"jsonrpc":"2.0","id":"q-1","error":{"code":-32601,"message":"Method not found"}}
{"jsonrpc":"2.0","id":"q-1","error":{"code":-32601,"message":"Method not found"}}
Tusk\MisuseError: the option "connections" is for HTTP: elsewhere answers come in any order, and one connection is enough
Tusk\MisuseError: the option "connections" is a whole number from 1 to 2^30
