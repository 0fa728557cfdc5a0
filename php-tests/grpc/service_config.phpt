--TEST--
A service config: what is tried again and how often, deadlines and lengths by method, throttling
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; require __DIR__ . '/../include/autoload.inc'; Tusk\Tests\skip_without_grpc_server(); Tusk\Tests\skip_without_package('grpc/grpc'); extension_loaded('grpc') && exit('skip ext-grpc is loaded, and its own classes are used'); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc_stub.inc';
use Tusk\Grpc\{Call, Channel};
use Tusk\Tests\{GrpcServer, Text};
use function Tusk\Tests\failure;
final class AnyClient extends Grpc\BaseStub
{
    public function call(string $path, string $text, array $metadata = [], array $options = []): Grpc\UnaryCall
    {
        return $this->_simpleRequest($path, new Text($text), [Text::class, 'decode'], $metadata, $options);
    }
}
$server = GrpcServer::start();
$busy = "127.0.0.1:$server->badPort";
$retry = ['maxAttempts' => 3, 'initialBackoff' => '0.001s', 'maxBackoff' => '0.01s', 'backoffMultiplier' => 1.5,
    'retryableStatusCodes' => ['unavailable']];
$config = ['methodConfig' => [
    ['name' => [['service' => 'busy'], ['service' => 'busy-early']], 'retryPolicy' => $retry],
    ['name' => [['service' => 'tusk.Test', 'method' => 'Delay']], 'timeout' => '0.050s'],
    ['name' => [[]], 'maxRequestMessageBytes' => 5],
]];

$channel = new Channel($busy, ['serviceConfig' => $config]);
for ($times = 0; $times <= 3; $times++) {
    echo $times, ': ', failure(function () use ($channel, $times) {
        $call = new Call($channel, "/busy/$times", message: 'again');
        echo json_encode($call->receive()), ' ', json_encode($call->headers()['before'] ?? null), ' ', $call->status()['code'], "\n";
        $channel->unary("/busy/$times", 'again');
    }), "\n";
}
// A stream of which something was sent already.
$call = new Call($channel, '/busy-early/2');
foreach (['one', 'two', 'three'] as $part) {
    $call->send($part);
    Tusk\sleep(0.01);
}
$call->closeSend();
echo $call->receive(), $call->receive(), $call->receive(), json_encode($call->receive()), ' ', $call->status()['code'], "\n";
echo 'not now: ', failure(fn () => $channel->unary('/busy/1', 'x', ['pushback' => '-1'])), "\n";
echo 'another code: ', failure(fn () => $channel->unary('/busy/1', 'x', ['code' => '13'])), "\n";
echo 'switched off: ', failure(fn () => (new Channel($busy, ['serviceConfig' => $config, 'retries' => false]))->unary('/busy/1', 'x')), "\n";

$channel = $server->channel(['serviceConfig' => json_encode($config)]);
echo 'deadline: ', failure(fn () => $channel->unary('/tusk.Test/Delay', '60000', [], 30.0)), "\n";
echo 'length: ', failure(fn () => $channel->unary('/tusk.Test/Echo', 'longer')), "\n";

$client = fn (array $more = []) => new AnyClient($busy, ['credentials' => Grpc\ChannelCredentials::createInsecure(),
    'grpc.service_config' => json_encode($config)] + $more);
[$answer, $status] = ($first = $client())->call('/busy/2', 'stub')->wait();
echo "$answer->text $status->code\n";
[, $status] = $first->call('/busy/3', 'stub')->wait();
echo "$status->code\n";
[, $status] = $client(['grpc.enable_retries' => 0])->call('/busy/1', 'stub')->wait();
echo "$status->code\n";

// Four tokens, one less for each failure; at two nothing is tried again until calls succeed.
$channel = new Channel($busy, ['serviceConfig' => $config + ['retryThrottling' => ['maxTokens' => 4, 'tokenRatio' => 1]]]);
$tried = fn () => failure(fn () => print($channel->unary('/busy/1', 'y') . ' '));
echo failure(fn () => $channel->unary('/busy/3', 'x')), ', ', $tried(), "\n";
for ($i = 0; $i < 4; $i++) {
    $channel->unary('/busy/0', 'x');
}
echo $tried(), "\n";
?>
--EXPECT--
0: "again" null 0
nothing was thrown
1: "again" ["1"] 0
nothing was thrown
2: "again" ["2"] 0
nothing was thrown
3: null null 14
Tusk\RemoteException 14
onetwothreenull 0
not now: Tusk\RemoteException 14
another code: Tusk\RemoteException 13
switched off: Tusk\RemoteException 14
deadline: Tusk\TimeoutException 4
length: Tusk\OverloadedException 8
stub 0
14
14
Tusk\RemoteException 14, Tusk\RemoteException 14
y nothing was thrown
