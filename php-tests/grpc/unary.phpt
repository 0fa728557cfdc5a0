--TEST--
Unary calls: answer, failure with its code, metadata, peer; at the top level and in coroutines
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use function Tusk\Tests\failure;
$server = Tusk\Tests\GrpcServer::start();
$channel = $server->channel();
echo $channel->unary('/tusk.Test/Echo', "bytes \0 and more"), "\n";
echo failure(fn () => $channel->unary('/tusk.Test/Fail', '5:no such thing'), true), "\n";
echo failure(fn () => $channel->unary('/tusk.Test/Nothing', '')), "\n";
$calls = [];
for ($i = 0; $i < 300; $i++) {
    $calls[] = Tusk\go(fn () => $channel->unary('/tusk.Test/Echo', "number $i"));
}
$right = 0;
foreach ($calls as $i => $call) {
    $right += $call->join() === "number $i";
}
echo "$right of 300 got their own answer\n";
echo $channel->state(), ' ', $channel->count(), ' ', $channel->target() === $server->target() ? 'target' : '', "\n";
$channel->close();
echo $channel->state(), ' ', failure(fn () => $channel->unary('/tusk.Test/Echo', ''), true), "\n";
?>
--EXPECTF--
bytes %0 and more
Tusk\RemoteException 5 /tusk.Test/Fail failed with NOT_FOUND (5): no such thing
Tusk\RemoteException 12
300 of 300 got their own answer
2 0 target
4 Tusk\MisuseError 0 cannot start a gRPC call: the channel was closed
