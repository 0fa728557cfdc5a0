--TEST--
What is no gRPC is named, and the next call works
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use function Tusk\Tests\failure;
$server = Tusk\Tests\GrpcServer::start();
$channel = new Tusk\Grpc\Channel("127.0.0.1:$server->badPort");
foreach (['Flag', 'Long', 'Half', 'NoStatus', 'Compressed', 'Html', 'Reset', 'GoAway', 'Close'] as $way) {
    echo $way, ': ', failure(fn () => $channel->unary("/bad/$way", 'x')), "\n";
}
echo $channel->unary('/bad/Fine', 'x'), "\n";
// A server that is none at all.
$plain = stream_socket_server('tcp://127.0.0.1:0');
$other = new Tusk\Grpc\Channel(stream_socket_get_name($plain, false), ['connectTimeout' => 5.0]);
$call = Tusk\go(fn () => failure(fn () => $other->unary('/a/b', 'x')));
$peer = stream_socket_accept($plain);
fwrite($peer, "HTTP/1.1 400 Bad Request\r\n\r\n");
fclose($peer);
echo $call->join(), "\n";
?>
--EXPECT--
Flag: Tusk\ProtocolException 13
Long: Tusk\OverloadedException 8
Half: Tusk\ProtocolException 13
NoStatus: Tusk\ProtocolException 13
Compressed: Tusk\ProtocolException 13
Html: Tusk\ProtocolException 14
Reset: Tusk\ConnectionException 13
GoAway: Tusk\ConnectionException 14
Close: Tusk\ConnectionException 14
fine
Tusk\ProtocolException 13
