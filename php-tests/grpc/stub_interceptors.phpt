--TEST--
grpc/grpc: interceptors, update_metadata, user agent, one connection for equal channels, call credentials
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; require __DIR__ . '/../include/autoload.inc'; Tusk\Tests\skip_without_grpc_server(); Tusk\Tests\skip_without_package('grpc/grpc'); extension_loaded('grpc') && exit('skip ext-grpc is loaded, and its own classes are used'); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc_stub.inc';
use Tusk\Tests\{TestClient, Text};
class Adds extends Grpc\Interceptor
{
    public function __construct(private string $name)
    {
    }

    public function interceptUnaryUnary($method, $argument, $deserialize, $continuation, array $metadata = [], array $options = [])
    {
        $metadata[$this->name] = ['added'];
        return $continuation($method, $argument, $deserialize, $metadata, $options);
    }
}
$server = Tusk\Tests\GrpcServer::start();
$options = ['credentials' => Grpc\ChannelCredentials::createInsecure()];
$channel = new Grpc\Channel($server->target(), $options);
$client = new TestClient($server->target(), $options, Grpc\Interceptor::intercept($channel, [new Adds('x-one'), new Adds('x-two')]));
$headers = $client->Headers(new Text())->wait()[0]->text;
echo preg_match_all('/^x-(one|two): added$/m', $headers), "\n";
$client = new TestClient($server->target(), $options + [
    'update_metadata' => fn ($metadata, $uri) => ['x-uri' => [$uri]] + $metadata,
    'grpc.primary_user_agent' => 'mine/1',
]);
$headers = $client->Headers(new Text())->wait()[0]->text;
echo preg_replace('/\d{4,5}/', 'PORT', implode("\n", preg_grep('/^x-uri/', explode("\n", $headers)))), "\n";
echo preg_match('#^user-agent: mine/1 grpc-php/[0-9.]+ tusk-grpc/#m', $headers), "\n";
$peers = [];
$sockets = static fn (): int => count(preg_grep('/^socket:/', array_map(static fn (string $link): string => (string) @readlink($link), glob('/proc/self/fd/*'))));
$before = $sockets();
for ($i = 0; $i < 5; $i++) {
    Tusk\Tests\insecure_client($server, ['grpc.primary_user_agent' => 'shared'])->Echo(new Text())->wait();
}
echo $sockets() - $before, " socket for five clients\n";
[, $status] = $client->Echo(new Text(), [], ['call_credentials_callback' => fn () => ['authorization' => ['secret']]])->wait();
echo $status->code, ' ', $status->details, "\n";
?>
--EXPECT--
2
x-uri: https://127.0.0.1:PORT/tusk.Test
1
1 socket for five clients
16 Established channel does not have a sufficient security level to transfer call credential.
