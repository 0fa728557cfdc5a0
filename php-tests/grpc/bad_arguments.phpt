--TEST--
Bad arguments and options are refused with words that help
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use Tusk\Grpc\{Call, Channel};
use function Tusk\Tests\failure;
$channel = Tusk\Tests\GrpcServer::start()->channel(['calls' => 2]);
foreach ([
    fn () => new Channel('http://a:1'),
    fn () => new Channel([]),
    fn () => new Channel(5.5),
    fn () => new Channel('a:1', ['window' => 1]),
    fn () => new Channel('a:1', ['colour' => 'red']),
    fn () => new Channel('a:1', ['serviceConfig' => 5]),
    fn () => new Channel('a:1', ['serviceConfig' => '{']),
    fn () => new Channel('a:1', ['serviceConfig' => ['methodConfig' => [['timeout' => 5]]]]),
    fn () => new Channel('a:1', ['serviceConfig' => ['methodConfig' => NAN]]),
    fn () => new Channel('a:1', ['retryBuffer' => 0]),
    fn () => new Channel('a:1', ['tls' => ['ca' => '/nowhere']]),
    fn () => new Channel('a:1', ['tls' => ['key' => '-----BEGIN']]),
    fn () => $channel->unary('no slash', ''),
    fn () => $channel->unary('/a/b', '', [], -1.0),
    fn () => $channel->unary('/a/b'),
    fn () => new Call('no channel', '/a/b'),
    fn () => $channel->__construct('a:1'),
    fn () => clone $channel,
    fn () => serialize($channel),
] as $body) {
    echo failure($body, true), "\n";
}
$kept = [new Call($channel, '/tusk.Test/Chat'), new Call($channel, '/tusk.Test/Chat')];
echo failure(fn () => $channel->unary('/tusk.Test/Echo', ''), true), "\n";
$reader = Tusk\go(fn () => $kept[0]->receive());
Tusk\sleep(0);
echo failure(fn () => $kept[0]->receive(), true), "\n";
$kept[0]->send('x');
echo $reader->join(), "\n";
?>
--EXPECTF--
Tusk\MisuseError 0 cannot open a gRPC channel: "http://a:1" has a scheme that is unknown here; known are host:port, dns:, ipv4:, ipv6: and unix:
Tusk\MisuseError 0 cannot open a gRPC channel: no address was given
ValueError 0 Tusk\Grpc\Channel::__construct(): Argument #1 ($target) must be a string or a list of strings
ValueError 0 Tusk\Grpc\Channel::__construct(): Argument #2 ($options) has the option "window", which must be a number from 65535 to 2147483647
ValueError 0 Tusk\Grpc\Channel::__construct(): Argument #2 ($options) has the option "colour", which is unknown; known are authority, backoff, calls, compression, connectTimeout, health, keepalive, keepaliveIdle, keepaliveTimeout, maxBackoff, maxReceive, maxSend, policy, resolve, retries, retryBuffer, serviceConfig, tls, userAgent, waitForReady, window
ValueError 0 Tusk\Grpc\Channel::__construct(): Argument #2 ($options) has the option "serviceConfig", which must be JSON, or an array of the same form
Tusk\MisuseError 0 cannot read a gRPC service config: it is no JSON: %s
Tusk\MisuseError 0 cannot read a gRPC service config: timeout must be a duration such as "1.5s"
ValueError 0 Tusk\Grpc\Channel::__construct(): Argument #2 ($options) has the option "serviceConfig", which must be JSON: %s
ValueError 0 Tusk\Grpc\Channel::__construct(): Argument #2 ($options) has the option "retryBuffer", which must be a number from 1 to 4294967295
ValueError 0 Tusk\Grpc\Channel::__construct(): Argument #2 ($options) has the option "tls.ca", which must be PEM, or the path of a file with it; "/nowhere" cannot be read: No such file or directory (os error 2)
Tusk\MisuseError 0 cannot set up TLS for a gRPC channel: a client key needs its certificate
Tusk\MisuseError 0 cannot call a gRPC method: "no slash" is no method; it is written /package.Service/Method
ValueError 0 Tusk\Grpc\Channel::unary(): Argument #4 ($timeout) must be zero or more seconds, -1 given
ArgumentCountError 0 Tusk\Grpc\Channel::unary() expects at least 2 arguments, 1 given
TypeError 0 Tusk\Grpc\Call::__construct(): Argument #1 ($channel) must be of type Tusk\Grpc\Channel
Tusk\MisuseError 0 the constructor of this object was already called
Error 0 Trying to clone an uncloneable object of class Tusk\Grpc\Channel
Exception 0 Serialization of 'Tusk\Grpc\Channel' is not allowed
Tusk\OverloadedException 0 cannot start a gRPC call: 2 calls of this channel are under way already; wait for some of them, or raise the channel's option calls
Tusk\MisuseError 0 another coroutine is in receive() of this call of /tusk.Test/Chat; let one receive and hand the messages on, for example through a Tusk\Channel
x
