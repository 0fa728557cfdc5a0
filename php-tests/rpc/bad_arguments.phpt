--TEST--
Bad arguments of a Goridge client
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

$port = Tusk\Tests\free_port();
foreach (['nonsense', 'tcp://host', 'http://127.0.0.1:80'] as $address) {
    echo failure_of(fn () => Goridge::connect($address)), "\n";
}
echo failure_of(fn () => Goridge::connect("tcp://127.0.0.1:$port", 'gob')), "\n";
echo failure_of(fn () => Goridge::connect("tcp://127.0.0.1:$port")), "\n";
echo failure_of(fn () => Goridge::connect('unix:///nowhere/rr.sock')), "\n";
foreach ([['timeout' => 0], ['max_in_flight' => 1.5], ['lazy' => 1], ['speed' => 9], [true]] as $options) {
    echo failure_of(fn () => Goridge::connect("tcp://127.0.0.1:$port", options: $options)), "\n";
}
$rpc = Goridge::connect(Tusk\Tests\goridge_server());
echo failure_of(fn () => $rpc->call('')), "\n";
echo failure_of(fn () => $rpc->call('Test.Echo', null, -1)), "\n";
echo failure_of(fn () => $rpc->call('Test.Echo', "\xff")), "\n";
echo failure_of(fn () => $rpc->call('Test.Echo', NAN)), "\n";
echo failure_of(fn () => $rpc->call('Test.Echo', new class implements JsonSerializable {
    public function jsonSerialize(): mixed { throw new LogicException('not me'); }
})), "\n";
echo failure_of(fn () => $rpc->withCodec('raw')->call('Test.Echo', [])), "\n";
echo failure_of(fn () => $rpc->withCodec('protobuf')->call('Test.Echo', new stdClass)), "\n";
echo failure_of(fn () => $rpc->withCodec('protobuf')->call('Test.Echo', '', null, 'NoClass')), "\n";
echo failure_of(fn () => $rpc->withCodec('msgpack')->call('Test.Echo', [new stdClass])), "\n";
$nested = [];
for ($i = 0; $i < 600; $i++) {
    $nested = [$nested];
}
echo failure_of(fn () => $rpc->call('Test.Echo', $nested)), "\n";
echo failure_of(fn () => $rpc->withCodec('msgpack')->call('Test.Echo', $nested)), "\n";
echo failure_of(fn () => $rpc->withCodec('raw')->call('Test.Echo', str_repeat('x', 64 << 20))), "\n";
echo failure_of(fn () => $rpc->call(str_repeat('m', 5000))), "\n";
echo failure_of(fn () => $rpc->withServicePrefix('')), "\n";
echo failure_of(fn () => new Goridge), "\n";
echo failure_of(fn () => clone $rpc), "\n";
echo failure_of(fn () => serialize($rpc)), "\n";
echo $rpc->call('Test.Echo', 'still sound'), "\n";
?>
--EXPECTF--
Tusk\MisuseError: cannot connect: "nonsense" is no address; write tcp://host:port, tls://host:port, unix:///path or pipes://stdin:stdout
Tusk\MisuseError: cannot connect: "tcp://host" is no address; write tcp://host:port, tls://host:port, unix:///path or pipes://stdin:stdout
Tusk\MisuseError: cannot connect: "http://HOST" is no address; write tcp://host:port, tls://host:port, unix:///path or pipes://stdin:stdout
ValueError: Tusk\Rpc\Goridge::connect(): Argument #2 ($codec) must be one of "json", "msgpack", "protobuf", "raw", "bytes:FLAG"
Tusk\ConnectionException: cannot connect: tcp://HOST (ECONNREFUSED: Connection refused); is the server running, and listening there?
Tusk\ConnectionException: cannot connect: unix:///nowhere/rr.sock (ENOENT: No such file or directory); there is no such socket: is the server running, and the path right?
Tusk\MisuseError: the option "timeout" is a number of seconds above zero
Tusk\MisuseError: the option "max_in_flight" is a whole number from 1 to 2^30
Tusk\MisuseError: the option "lazy" is a boolean
Tusk\MisuseError: there is no option "speed"; known are lazy, timeout, connect_timeout, ping_interval, max_in_flight, max_queue_bytes, tls_ca_file, tls_cert_file, tls_key_file, tls_server_name
Tusk\MisuseError: there is no option "a number"; known are lazy, timeout, connect_timeout, ping_interval, max_in_flight, max_queue_bytes, tls_ca_file, tls_cert_file, tls_key_file, tls_server_name
ValueError: Tusk\Rpc\Goridge::call(): Argument #1 ($method) must not be empty
ValueError: Tusk\Rpc\Goridge::call(): Argument #3 ($timeout) must be zero or more seconds, -1 given
Tusk\MisuseError: the payload cannot be sent as JSON: a string is not UTF-8 (raw bytes need the raw or msgpack codec)
Tusk\MisuseError: the payload cannot be sent as JSON: INF and NAN have no form in JSON
LogicException: not me
Tusk\MisuseError: the payload must be a string: the raw codec sends it as it is; use another codec for values
Tusk\MisuseError: the payload must be a message of google/protobuf, or a string of its bytes: the protobuf codec sends nothing else
Tusk\MisuseError: the answer is a protobuf message: it is read into a message of google/protobuf or a class of such messages, and what was given is neither (is google/protobuf installed?)
Tusk\MisuseError: the payload cannot be sent as MessagePack: an object, closure or resource has no form; give arrays, strings, numbers, booleans and null
Tusk\MisuseError: the payload cannot be sent as JSON: it is nested deeper than 512 levels
Tusk\MisuseError: the payload cannot be sent as MessagePack: it is nested deeper than 512 levels
Tusk\OverloadedException: cannot make a call: 67108873 bytes are more than the 67108864 of one frame; send it in parts
Tusk\MisuseError: cannot make a call: a method's name has 1 to 4096 bytes
ValueError: Tusk\Rpc\Goridge::withServicePrefix(): Argument #1 ($service) must not be empty
Tusk\MisuseError: a client is made by Tusk\Rpc\Goridge::connect()
Error: Trying to clone an uncloneable object of class Tusk\Rpc\Goridge
Exception: Serialization of 'Tusk\Rpc\Goridge' is not allowed
still sound
