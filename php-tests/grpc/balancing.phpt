--TEST--
Calls are spread over several addresses and go on when one server dies or says it does not serve
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use Tusk\Grpc\{Call, Channel};
use Tusk\Tests\GrpcServer;
$servers = [GrpcServer::start(), GrpcServer::start(), GrpcServer::start()];
$targets = array_map(fn (GrpcServer $server) => $server->target(), $servers);
$channel = new Channel($targets, ['backoff' => 0.01, 'maxBackoff' => 0.02, 'health' => 'tusk.Test']);
function peers(Channel $channel): array
{
    $peers = [];
    for ($i = 0; $i < 30; $i++) {
        $call = new Call($channel, '/tusk.Test/Echo', message: 'x');
        $call->status()['code'] === 0 || throw new RuntimeException($call->status()['details']);
        $peers[$call->peer()] = ($peers[$call->peer()] ?? 0) + 1;
    }
    return $peers;
}
while (count(peers($channel)) < 3);
echo json_encode(array_values(peers($channel))), "\n";
$servers[0]->process->stop(SIGKILL);
while (true) {
    try {
        if (count(peers($channel)) === 2) {
            break;
        }
    } catch (RuntimeException) {
        // What was under way on the dead connection.
    }
}
echo json_encode(array_values(peers($channel))), "\n";
// The second says by its health service that it does not serve.
$servers[1]->channel()->unary('/tusk.Test/Health', '2');
while (count(peers($channel)) !== 1);
echo array_key_first(peers($channel)) === 'ipv4:' . $targets[2] ? 'the third alone' : 'another', "\n";
echo $servers[1]->channel()->health(), $servers[2]->channel()->health('tusk.Test'), "\n";
$servers[1]->channel()->unary('/tusk.Test/Health', '1');
while (count(peers($channel)) !== 2);
echo "and the second again\n";
?>
--EXPECT--
[10,10,10]
[15,15]
the third alone
21
and the second again
