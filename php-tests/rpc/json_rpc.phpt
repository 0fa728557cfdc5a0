--TEST--
JSON-RPC 2.0 by lines, by lengths and over HTTP: calls, notifications, batches, errors
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
use Tusk\Rpc\JsonRpc;
use Tusk\Tests\Process;
use function Tusk\Tests\failure_of;

foreach (['newline', 'length', 'http', 'chunked'] as $framing) {
    echo "$framing\n";
    $port = Tusk\Tests\free_port();
    Process::start([...Tusk\Tests\plain_php(), __DIR__ . '/../include/json_rpc_server.php', (string) $port, $framing])->waitForPort($port);
    $http = in_array($framing, ['http', 'chunked']);
    $rpc = $http ? JsonRpc::connect("http://127.0.0.1:$port/rpc?v=1", ['headers' => ['Authorization' => 'Bearer x']])
        : JsonRpc::connect("tcp://127.0.0.1:$port", ['framing' => $framing]);
    echo json_encode([
        $rpc->call('subtract', [42, 23]), $rpc->call('subtract', ['subtrahend' => 23, 'minuend' => 42]), $rpc->call('echo'),
        $rpc->call('nothing'), $rpc->call('both'), $rpc->call('echo', ['"\\ü' => [1.5, [], ['a' => null]]]),
    ]), "\n";
    try {
        $rpc->call('fail', [-32000, 'no "luck"', ['why' => [1]]]);
    } catch (Tusk\RemoteException $error) {
        echo $error->getCode(), ' ', preg_replace('/127\.0\.0\.1:\d+/', 'HOST', $error->getMessage()), ' ', json_encode($error->data), "\n";
    }
    $rpc->notify('anything', [1]);
    $rpc->notify('more');
    var_dump($rpc->call('notified'));
    $results = $rpc->batch(['a' => ['subtract', [5, 3]], 'b' => ['no such method'], ['anything', [], true], 7 => ['echo', ['x']]]);
    echo json_encode([$results['a'], $results[7], array_keys($results)]), ' ', $results['b']::class, ' ', $results['b']->getCode(), "\n";
    var_dump($rpc->batch([]), $rpc->batch([['anything', [], true]]), $rpc->call('notified'));
    $wrong = 0;
    $all = [];
    for ($i = 0; $i < 50; $i++) {
        $all[] = Tusk\go(function () use ($rpc, $i, &$wrong): void {
            for ($call = 0; $call < 20; $call++) {
                $wrong += $rpc->call('echo', [$i, $call]) !== [$i, $call];
                $wrong += $rpc->callAsync('echo', [$call])->await() !== [$call];
            }
        });
    }
    array_map(fn ($coroutine) => $coroutine->join(), $all);
    $big = str_repeat('x', 1_000_000);
    var_dump($wrong, $rpc->call('echo', [$big]) === [$big]);
    echo failure_of(fn () => $rpc->call('garbage')), "\n";
    echo failure_of(fn () => $rpc->call('stranger', timeout: 5)), "\n";
    echo strtok(failure_of(fn () => $rpc->call('hang', timeout: 0.05)), ' '), ' ', $rpc->stats()['in_flight'], "\n";
    $rpc->close();
}
echo failure_of(fn () => JsonRpc::connect('http://host/with space')), "\n";
echo failure_of(fn () => JsonRpc::connect('tcp://127.0.0.1:1', ['framing' => 'xml'])), "\n";
echo failure_of(fn () => JsonRpc::connect('http://127.0.0.1:1', ['headers' => ["A\r\nB" => 'x']])), "\n";
?>
--EXPECTF--
newline
[19,19,[],null,"good",{"\"\\\u00fc":[1.5,[],{"a":null}]}]
-32000 fail at tcp://HOST failed: no "luck" (-32000) {"why":[1]}
int(2)
[2,["x"],["a","b",7]] Tusk\RemoteException -32601
array(0) {
}
array(0) {
}
int(4)
int(0)
bool(true)
Tusk\ProtocolException: cannot understand the answer: it is no JSON-RPC message; the message begins with "no { json"; %s
Tusk\ProtocolException: cannot understand the answer: its id is none of ours; %s
Tusk\TimeoutException: 0
length
[19,19,[],null,"good",{"\"\\\u00fc":[1.5,[],{"a":null}]}]
-32000 fail at tcp://HOST failed: no "luck" (-32000) {"why":[1]}
int(2)
[2,["x"],["a","b",7]] Tusk\RemoteException -32601
array(0) {
}
array(0) {
}
int(4)
int(0)
bool(true)
Tusk\ProtocolException: cannot understand the answer: it is no JSON-RPC message; the message begins with "no { json"; %s
Tusk\ProtocolException: cannot understand the answer: its id is none of ours; %s
Tusk\TimeoutException: 0
http
[19,19,[],null,"good",{"\"\\\u00fc":[1.5,[],{"a":null}]}]
-32000 fail at http://HOST/rpc?v=1 failed: no "luck" (-32000) {"why":[1]}
int(2)
[2,["x"],["a","b",7]] Tusk\RemoteException -32601
array(0) {
}
array(0) {
}
int(4)
int(0)
bool(true)
Tusk\RemoteException: cannot finish the call: HTTP 502: "no { json"
Tusk\ProtocolException: cannot understand the answer: its id is none of ours; %s
Tusk\RemoteException: 0
chunked
[19,19,[],null,"good",{"\"\\\u00fc":[1.5,[],{"a":null}]}]
-32000 fail at http://HOST/rpc?v=1 failed: no "luck" (-32000) {"why":[1]}
int(2)
[2,["x"],["a","b",7]] Tusk\RemoteException -32601
array(0) {
}
array(0) {
}
int(4)
int(0)
bool(true)
Tusk\ProtocolException: cannot understand the answer: it is no JSON-RPC message; the message begins with "no { json"; %s
Tusk\ProtocolException: cannot understand the answer: its id is none of ours; %s
Tusk\RemoteException: 0
Tusk\MisuseError: cannot connect: "http://host/with space" is no address; write http://host:port/path, with what is no ASCII percent-encoded
Tusk\MisuseError: the option "framing" is "newline" or "length"
Tusk\MisuseError: the option "headers" is a map of header names to their values
