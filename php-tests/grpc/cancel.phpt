--TEST--
Call::cancel(), a cancelled coroutine and a call that nobody holds: the server learns of each
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use Tusk\Grpc\Call;
use function Tusk\Tests\{failure, until_calls};
$channel = Tusk\Tests\GrpcServer::start()->channel();

$call = new Call($channel, '/tusk.Test/Delay', message: '60000');
until_calls($channel, '1:0');
$waits = Tusk\go(fn () => $call->receive());
Tusk\sleep(0);
$call->cancel();
var_dump($waits->join());
echo $call->status()['code'], ' ', $call->status()['details'], "\n";
until_calls($channel, '1:1');

$waits = Tusk\go(function () use ($channel): void {
    try {
        $channel->unary('/tusk.Test/Delay', '60000');
    } finally {
        echo "finally\n";
    }
});
until_calls($channel, '2:1');
$waits->cancel();
echo failure(fn () => $waits->join()), "\n";
until_calls($channel, '2:2');

$reader = Tusk\go(function () use ($channel): void {
    $drip = new Call($channel, '/tusk.Test/Drip', message: '1000000:1');
    while ($drip->receive() !== null);
});
until_calls($channel, '3:2');
$reader->cancel();
echo failure(fn () => $reader->join()), "\n";
until_calls($channel, '3:3');

$held = new Call($channel, '/tusk.Test/Drip', message: '1000000:1');
echo $held->receive(), "\n";
unset($held);
until_calls($channel, '4:4');

echo failure(fn () => Tusk\timeout(0.02, fn () => $channel->unary('/tusk.Test/Delay', '60000'))), "\n";
until_calls($channel, '5:5');
echo $channel->unary('/tusk.Test/Echo', 'the channel is as before'), "\n";
?>
--EXPECT--
NULL
1 the call was cancelled by the client
finally
Tusk\CancelledException 0
Tusk\CancelledException 0
0
Tusk\TimeoutException 0
the channel is as before
