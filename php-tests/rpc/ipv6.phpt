--TEST--
Goridge, JSON-RPC and gRPC over IPv6
--SKIPIF--
<?php
require __DIR__ . '/../include/grpc.inc';
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
Tusk\Tests\skip_without_grpc_server();
@stream_socket_server('tcp://[::1]:0') ?: exit('skip there is no IPv6 on the loopback interface');
?>
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
require __DIR__ . '/../include/grpc.inc';
use Tusk\Tests\Process;

/** A port of ::1 whose connections go on to the port of 127.0.0.1. */
function relay(int $port): int
{
    $server = stream_socket_server('tcp://[::1]:0');
    $copy = static function ($from, $to): void {
        while (($bytes = @fread($from, 65536)) !== '' && $bytes !== false) {
            fwrite($to, $bytes);
        }
        stream_socket_shutdown($to, STREAM_SHUT_WR);
    };
    Tusk\go(static function () use ($server, $port, $copy): void {
        while ($client = @stream_socket_accept($server, 600)) {
            $upstream = stream_socket_client("tcp://127.0.0.1:$port");
            Tusk\go($copy, $client, $upstream);
            Tusk\go($copy, $upstream, $client);
        }
    });
    return (int) substr(strrchr(stream_socket_get_name($server, false), ':'), 1);
}

$port = relay((int) substr(strrchr(Tusk\Tests\goridge_server(), ':'), 1));
$rpc = Tusk\Rpc\Goridge::connect("tcp://[::1]:$port");
echo $rpc->call('Test.Echo', 'goridge'), "\n";

$port = Tusk\Tests\free_port();
Process::start([...Tusk\Tests\plain_php(), __DIR__ . '/../include/json_rpc_server.php', (string) $port, 'http'])->waitForPort($port);
$port = relay($port);
$json = Tusk\Rpc\JsonRpc::connect("http://[::1]:$port/rpc?v=1");
echo $json->call('echo', ['json'])[0], "\n";

$port = relay(($server = Tusk\Tests\GrpcServer::start())->port);
foreach (["[::1]:$port", "ipv6:[::1]:$port"] as $target) {
    echo (new Tusk\Grpc\Channel($target))->unary('/tusk.Test/Echo', $target) === $target ? 'grpc' : 'wrong', "\n";
}
exit(0);
?>
--EXPECT--
goridge
json
grpc
grpc
