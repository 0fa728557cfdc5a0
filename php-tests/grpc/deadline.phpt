--TEST--
A deadline ends the call here and at the server, which was told; a wait's own timeout does not
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use Tusk\Grpc\Call;
use function Tusk\Tests\{failure, until_calls};
$channel = Tusk\Tests\GrpcServer::start()->channel();
$channel->unary('/tusk.Test/Echo', '');
echo failure(fn () => $channel->unary('/tusk.Test/Delay', '60000', timeout: 0.3)), "\n";
until_calls($channel, '1:1');
preg_match('/^grpc-timeout: (\d+)u$/m', $channel->unary('/tusk.Test/Headers', '', timeout: 50.0), $found);
var_dump($found[1] > 49e6 && $found[1] <= 50e6);
$call = new Call($channel, '/tusk.Test/Chat', timeout: 60.0);
echo failure(fn () => $call->receive(0.01)), "\n";
echo failure(fn () => $call->status(0.01)), "\n";
$call->send('still there');
echo $call->receive(), "\n";
$expired = new Call($channel, '/tusk.Test/Delay', timeout: 0.0, message: '60000');
echo $expired->status()['code'], "\n";
?>
--EXPECT--
Tusk\TimeoutException 4
bool(true)
Tusk\TimeoutException 0
Tusk\TimeoutException 0
still there
4
