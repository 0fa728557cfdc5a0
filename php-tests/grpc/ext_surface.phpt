--TEST--
The surface of ext-grpc: batches and their results, errors, Timeval, credentials, constants
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; require __DIR__ . '/../include/autoload.inc'; Tusk\Tests\skip_without_grpc_server(); Tusk\Tests\skip_without_package('grpc/grpc'); extension_loaded('grpc') && exit('skip ext-grpc is loaded, and its own classes are used'); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc_stub.inc';
use Grpc\{Call, CallCredentials, Channel, ChannelCredentials, Timeval};
use function Tusk\Tests\failure;
$server = Tusk\Tests\GrpcServer::start();
$channel = new Channel($server->target(), ['credentials' => null, 'force_new' => true]);
echo $channel->getTarget() === $server->target() ? 'target' : 'other', ' ', $channel->getConnectivityState(), "\n";
$call = new Call($channel, '/tusk.Test/Echo', Timeval::infFuture());
$sent = $call->startBatch([
    Grpc\OP_SEND_INITIAL_METADATA => ['echo-a' => ['1', '2']],
    Grpc\OP_SEND_MESSAGE => ['message' => "a\0b", 'flags' => Grpc\WRITE_BUFFER_HINT],
    Grpc\OP_SEND_CLOSE_FROM_CLIENT => true,
]);
echo json_encode($sent), "\n";
$got = $call->startBatch([Grpc\OP_RECV_INITIAL_METADATA => true, Grpc\OP_RECV_MESSAGE => true, Grpc\OP_RECV_STATUS_ON_CLIENT => true]);
unset($got->metadata['date']);
echo json_encode($got), "\n";
$new = fn () => new Call($channel, '/tusk.Test/Echo', new Timeval(PHP_INT_MAX));
foreach ([
    fn () => $call->startBatch([Grpc\OP_SEND_INITIAL_METADATA => []]),
    fn () => $call->startBatch([Grpc\OP_RECV_STATUS_ON_CLIENT => true]),
    fn () => $new()->startBatch([Grpc\OP_RECV_MESSAGE => true]),
    fn () => $new()->startBatch(['x' => true]),
    fn () => $new()->startBatch([99 => true]),
    fn () => $new()->startBatch([Grpc\OP_RECV_CLOSE_ON_SERVER => true]),
    fn () => $new()->startBatch([Grpc\OP_SEND_INITIAL_METADATA => ['a' => 'b']]),
    fn () => $new()->startBatch([Grpc\OP_SEND_INITIAL_METADATA => ['a b' => ['c']]]),
    fn () => $new()->startBatch([Grpc\OP_SEND_MESSAGE => 'x']),
    fn () => $new()->startBatch([Grpc\OP_SEND_MESSAGE => ['message' => 5]]),
    fn () => new Call('no', '/a/b', Timeval::now()),
    fn () => new Channel($server->target(), ['credentials' => 'no']),
    fn () => new Channel($server->target(), ['credentials' => null, 'key' => []]),
    fn () => ChannelCredentials::createDefault(),
] as $body) {
    echo preg_replace('/; use.*|is not done.*/', '', failure($body, true)), "\n";
}
$cancelled = $new();
$cancelled->cancel();
$cancelled->startBatch([Grpc\OP_SEND_INITIAL_METADATA => []]);
echo $cancelled->startBatch([Grpc\OP_RECV_STATUS_ON_CLIENT => true])->status->code, "\n";
$late = new Call($channel, '/tusk.Test/Echo', Timeval::infPast());
$late->startBatch([Grpc\OP_SEND_INITIAL_METADATA => []]);
echo $late->startBatch([Grpc\OP_RECV_STATUS_ON_CLIENT => true])->status->code, "\n";

$second = new Timeval(1_000_000);
echo Timeval::compare($second, Timeval::zero()), Timeval::compare($second, $second->add($second)),
    Timeval::compare($second, $second->add($second)->subtract($second)),
    Timeval::compare(Timeval::infFuture(), $second->add(Timeval::infFuture())),
    Timeval::compare(Timeval::infPast(), $second->subtract(Timeval::infFuture())), ' ',
    json_encode(Timeval::similar($second, new Timeval(1_000_500), new Timeval(1000))), "\n";
$begun = hrtime(true);
Timeval::now()->add(new Timeval(20_000))->sleepUntil();
echo hrtime(true) - $begun >= 19e6 ? 'slept' : 'too short', "\n";

$plugin = CallCredentials::createFromPlugin(fn ($context) => ['authorization' => ["$context->service_url $context->method_name"]]);
$both = CallCredentials::createComposite($plugin, CallCredentials::createFromPlugin(fn () => ['x-more' => ['1']]));
$secure = ChannelCredentials::createComposite(ChannelCredentials::createSsl(), $both);
echo json_encode($both->metadataFor('https://host/a.B', 'C')), ' ', get_class($secure), "\n";
$call = $new();
echo $call->setCredentials($plugin) === Grpc\CALL_OK ? 'ok' : 'error', "\n";
$channel->close();
echo failure(fn () => $channel->getTarget(), true), "\n", failure($new, true), "\n";
?>
--EXPECT--
target 0
{"send_metadata":true,"send_message":true,"send_close":true}
{"metadata":{"echo-a":["1","2"]},"message":"a\u0000b","status":{"metadata":[],"code":0,"details":""}}
LogicException 8 start_batch was called incorrectly
LogicException 8 start_batch was called incorrectly
LogicException 6 start_batch was called incorrectly
InvalidArgumentException 1 batch keys must be integers
InvalidArgumentException 1 Unrecognized key in batch
LogicException 3 start_batch was called incorrectly
InvalidArgumentException 1 Bad metadata value given
LogicException 10 start_batch was called incorrectly
InvalidArgumentException 1 Expected an array for send message
InvalidArgumentException 1 Expected a string for send message
InvalidArgumentException 0 Call expects a Channel, a String, a Timeval and an optional String
InvalidArgumentException 0 credentials must be a ChannelCredentials object
InvalidArgumentException 0 args values must be int or string
Tusk\UnsupportedException 0 ChannelCredentials::createDefault() would fetch a token from Google's environment, which 
1
4
1-1000 true
slept
{"authorization":["https:\/\/host\/a.B C"],"x-more":["1"]} Grpc\ChannelCredentials
ok
RuntimeException 0 getTarget error.Channel is closed.
InvalidArgumentException 0 Call cannot be constructed from a closed Channel
