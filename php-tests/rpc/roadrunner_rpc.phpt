--TEST--
goridge-php's interfaces on one shared connection: codecs, prefixes, exceptions, async calls
--SKIPIF--
<?php
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
Tusk\Tests\skip_without_goridge_php();
?>
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\load_goridge_php();

use Spiral\Goridge\RPC\AsyncRPCInterface;
use Spiral\Goridge\RPC\Codec\RawCodec;
use Spiral\Goridge\RPC\CodecInterface;
use Tusk\Rpc\RoadRunner\Rpc;

function failure(callable $callable): void
{
    try {
        $result = json_encode($callable());
        echo "returned $result\n";
    } catch (Throwable $error) {
        echo $error::class, ': ', preg_replace('/127\.0\.0\.1:\d+/', 'HOST', $error->getMessage()),
            $error->getPrevious() ? ' <- ' . $error->getPrevious()::class : '', "\n";
    }
}

$address = Tusk\Tests\goridge_server([], $server);
$rpc = Rpc::create($address);
var_dump($rpc instanceof AsyncRPCInterface);
var_dump($rpc->call('Test.Echo', ['a' => 1]), $rpc->withServicePrefix('Test')->call('echo', 'prefixed'));
var_dump($rpc->withServicePrefix('Test')->withCodec(new RawCodec())->call('Echo', "\xff") === "\xff");
var_dump($rpc->call('Test.Echo', ['n' => 2 ** 62], JSON_BIGINT_AS_STRING));

echo "a codec of one's own\n";
$reversed = $rpc->withCodec(new class implements CodecInterface {
    public function getIndex(): int { return 4; }
    public function encode(mixed $payload): string { return strrev(serialize($payload)); }
    public function decode(string $payload, mixed $options = null): mixed { return [unserialize(strrev($payload)), $options]; }
});
echo json_encode($reversed->call('Test.Echo', ['x', 1], 'my options')), "\n";

echo "exceptions\n";
failure(fn () => $rpc->call('Test.Error', 'no such key'));
failure(fn () => $rpc->withServicePrefix('Test')->call('error', 'prefixed'));
failure(fn () => $rpc->call('Test.BadCrc', null));
failure(fn () => $rpc->call('Test.Echo', "\xff"));
failure(fn () => $rpc->withCodec(new RawCodec())->call('Test.Echo', 5));
failure(fn () => $rpc->call('Test.Hangup', null));
$cancelled = Tusk\go(fn () => $rpc->call('Test.Never', null));
Tusk\sleep(0.001);
$cancelled->cancel();
failure(fn () => $cancelled->join());

echo "async\n";
$ids = array_map(fn (int $millis): int => $rpc->callAsync('Test.Sleep', $millis), [20_000, 5, 15]);
var_dump($rpc->hasResponse($ids[0]), $rpc->hasResponses($ids));
// Two that are there are not held up by the third; on a busy machine they may come at once.
$answers = [];
foreach ($rpc->getResponses($ids) as $id => $answer) {
    $answers[array_search($id, $ids)] = $answer;
    if (count($answers) === 2) {
        break;
    }
}
ksort($answers);
echo json_encode($answers), "\n";
failure(fn () => $rpc->getResponse($ids[1]));
$id = $rpc->withServicePrefix('Test')->callAsync('echo', 'shared between clones');
echo $rpc->getResponse($id), "\n";
failure(fn () => $rpc->getResponse($rpc->callAsync('Test.Error', 'late')));
$rpc->callIgnoreResponse('Test.Mark', 'm');
var_dump($rpc->call('Test.Marked', 'm'));

echo "200 coroutines\n";
$wrong = 0;
$all = [];
for ($i = 0; $i < 200; $i++) {
    $all[] = Tusk\go(function () use ($rpc, $i, &$wrong): void {
        for ($call = 0; $call < 10; $call++) {
            $wrong += $rpc->call('Test.Echo', [$i, $call]) !== [$i, $call];
        }
    });
}
array_map(fn ($coroutine) => $coroutine->join(), $all);
var_dump($wrong);
$server->stop();
failure(fn () => Rpc::create('tcp://127.0.0.1:1')->call('Test.Echo', 1));
?>
--EXPECTF--
bool(true)
array(1) {
  ["a"]=>
  int(1)
}
string(8) "prefixed"
bool(true)
array(1) {
  ["n"]=>
  int(4611686018427387904)
}
a codec of one's own
[["x",1],"my options"]
exceptions
Spiral\Goridge\RPC\Exception\ServiceException: Error 'no such key' on tcp://HOST <- Tusk\RemoteException
Spiral\Goridge\RPC\Exception\ServiceException: Error 'prefixed' on tcp://HOST <- Tusk\RemoteException
Spiral\Goridge\RPC\Exception\RPCException: cannot understand the answer: a frame's checksum (CRC) is wrong%s <- Tusk\ProtocolException
Spiral\Goridge\RPC\Exception\CodecException: the payload cannot be sent as JSON: a string is not UTF-8 (raw bytes need the raw or msgpack codec) <- Tusk\MisuseError
Spiral\Goridge\RPC\Exception\CodecException: Only string payloads can be send using RawCodec, integer given
Spiral\Goridge\Exception\TransportException: cannot finish the call: tcp://HOST%s <- Tusk\ConnectionException
Tusk\CancelledException: the coroutine was cancelled
async
bool(false)
array(0) {
}
{"1":5,"2":15}
Spiral\Goridge\RPC\Exception\RPCException: There is no call with the number 2: its response was fetched already, or dropped because 10000 others were not fetched
shared between clones
Spiral\Goridge\RPC\Exception\ServiceException: Error 'late' on tcp://HOST <- Tusk\RemoteException
int(1)
200 coroutines
int(0)
Spiral\Goridge\Exception\TransportException: cannot connect: tcp://HOST; the call was not sent (ECONNREFUSED: Connection refused); is the server running, and listening there? <- Tusk\ConnectionException
