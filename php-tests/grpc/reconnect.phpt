--TEST--
A server that goes away fails what was under way and is found again when it comes back
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use Tusk\Tests\GrpcServer;
use function Tusk\Tests\{failure, until_calls};
$server = GrpcServer::start();
$channel = $server->channel(['backoff' => 0.01, 'maxBackoff' => 0.02]);
$patient = $server->channel(['backoff' => 0.01, 'maxBackoff' => 0.02, 'waitForReady' => true]);
$hanging = Tusk\go(fn () => failure(fn () => $channel->unary('/tusk.Test/Delay', '60000')));
until_calls($channel, '1:0');
$server->process->stop(SIGKILL);
echo $hanging->join(), "\n";
echo failure(fn () => $channel->unary('/tusk.Test/Echo', '')), "\n";
echo $channel->state() === 2 ? 'ready' : 'not ready', "\n";
$waiting = Tusk\go(fn () => $patient->unary('/tusk.Test/Echo', 'patience'));
echo failure(fn () => $patient->unary('/tusk.Test/Echo', '', timeout: 0.05)), "\n";
GrpcServer::start('--port', (string) $server->port);
echo $waiting->join(), "\n";
while ($channel->state(true) !== 2) {
    $channel->waitForState($channel->state(), 0.1);
}
echo $channel->unary('/tusk.Test/Echo', 'again'), "\n";
?>
--EXPECT--
Tusk\ConnectionException 14
Tusk\ConnectionException 14
not ready
Tusk\TimeoutException 4
patience
again
