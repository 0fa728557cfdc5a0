--TEST--
A Goridge client calls, with every codec, prefix and address
--SKIPIF--
<?php
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
?>
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
use Tusk\Rpc\Goridge;
use function Tusk\Tests\failure_of;

$address = Tusk\Tests\goridge_server();
$rpc = Goridge::connect($address);
var_dump($rpc->isConnected(), $rpc->address() === $address);
echo json_encode($rpc->call('Test.Echo', ['a' => 1, 'b' => [1.5, null, true], 'c' => 'ü'])), "\n";
var_dump($rpc->call('Test.Echo'));

echo "prefix and codecs\n";
$test = $rpc->withServicePrefix('Test');
echo $test->call('echo', 'lower case'), "\n";
foreach (['json', 'msgpack', 'raw', 'protobuf', 'bytes:8'] as $codec) {
    $payload = in_array($codec, ['json', 'msgpack']) ? ['list' => [1, -2, 3.5], 'text' => 'x', 7 => null] : "bytes \xff";
    var_dump($test->withCodec($codec)->call('Echo', $payload) === $payload);
}
// The answer is decoded by the codec that it names.
echo json_encode($rpc->withCodec('raw')->call('Test.As', '16:' . "\x92\x01\xa1x")), "\n";
var_dump($rpc->withCodec('raw')->call('Test.As', '8:{"a":{"b":1}}', null, JSON_OBJECT_AS_ARRAY));

echo "large\n";
$big = str_repeat('0123456789', 300_000);
var_dump($rpc->call('Test.Echo', $big) === $big);
var_dump(strlen($rpc->call('Test.Big', 5_000_000)));

echo "failures\n";
echo failure_of(fn () => $rpc->call('Test.Error', 'no such key')), "\n";
echo failure_of(fn () => $rpc->call('Nobody.Knows')), "\n";
echo failure_of(fn () => $rpc->withCodec('raw')->call('Test.As', '8:{')), "\n";
echo failure_of(fn () => $rpc->withCodec('raw')->call('Test.As', '8:')), "\n";
echo failure_of(fn () => $rpc->withCodec('raw')->call('Test.As', "16:\xc1")), "\n";
echo failure_of(fn () => $rpc->withCodec('raw')->call('Test.As', '32:gob')), "\n";

echo "other addresses\n";
echo Goridge::connect(Tusk\Tests\goridge_server_unix())->call('Test.Echo', 'unix'), "\n";
echo Goridge::connect(str_replace('127.0.0.1', 'localhost', $address))->call('Test.Echo', 'by name'), "\n";

echo "stats\n";
unset($test);
echo json_encode($rpc->stats()), "\n";
$rpc->close();
echo failure_of(fn () => $rpc->call('Test.Echo')), "\n";
?>
--EXPECT--
bool(true)
bool(true)
{"a":1,"b":[1.5,null,true],"c":"\u00fc"}
NULL
prefix and codecs
lower case
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
[1,"x"]
array(1) {
  ["a"]=>
  array(1) {
    ["b"]=>
    int(1)
  }
}
large
bool(true)
int(5000000)
failures
Tusk\RemoteException: Test.Error at tcp://HOST failed: no such key
Tusk\RemoteException: Nobody.Knows at tcp://HOST failed: rpc: can't find service Nobody.Knows
Tusk\ProtocolException: Test.As at tcp://HOST answered with JSON that cannot be read: it is not JSON; it begins with "{"
Tusk\ProtocolException: Test.As at tcp://HOST answered with JSON that cannot be read: it is empty; it begins with ""
Tusk\ProtocolException: Test.As at tcp://HOST answered with MessagePack that cannot be read: byte 0 is 0xc1, which is never used; it begins with "\xc1"
Tusk\ProtocolException: Test.As at tcp://HOST answered with gob, Go's own encoding, that cannot be read: the server was not asked for it; use json or protobuf; it begins with "gob"
other addresses
unix
by name
stats
{"connects":1,"calls":18,"answers":18,"late_answers":0,"failed":0,"in_flight":0,"abandoned":0}
Tusk\ConnectionException: cannot make a call: the client of tcp://HOST was closed
