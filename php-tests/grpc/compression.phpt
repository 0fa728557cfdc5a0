--TEST--
gzip both ways, and the limit that counts after decompression
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use Tusk\Grpc\Call;
use function Tusk\Tests\failure;
$server = Tusk\Tests\GrpcServer::start();
$channel = $server->channel(['compression' => 'gzip']);
var_dump($channel->unary('/tusk.Test/Echo', str_repeat('text ', 100_000)) === str_repeat('text ', 100_000));
preg_match('/^grpc-encoding: .*/m', $channel->unary('/tusk.Test/Headers', ''), $found);
echo $found[0], "\n";
$mixed = new Call($channel, '/tusk.Test/Chat');
$mixed->send('compressed');
$mixed->send('plain', compress: false);
echo $mixed->receive(), ' ', $mixed->receive(), "\n";
var_dump(strlen($channel->unary('/tusk.Test/Big', (string) (4 << 20))));
echo failure(fn () => $channel->unary('/tusk.Test/Big', (string) ((4 << 20) + 1)), true), "\n";
$small = $server->channel(['maxReceive' => 1000, 'maxSend' => 2000]);
echo failure(fn () => $small->unary('/tusk.Test/Echo', str_repeat('x', 1001)), true), "\n";
echo failure(fn () => $small->unary('/tusk.Test/Echo', str_repeat('x', 2001)), true), "\n";
echo strlen($small->unary('/tusk.Test/Echo', str_repeat('x', 1000))), "\n";
?>
--EXPECT--
bool(true)
grpc-encoding: gzip
compressed plain
int(4194304)
Tusk\OverloadedException 8 /tusk.Test/Big failed with RESOURCE_EXHAUSTED (8): received a message of more than the limit after decompression; the limit is 4194304 bytes (maxReceive of the channel, or its service config)
Tusk\OverloadedException 8 /tusk.Test/Echo failed with RESOURCE_EXHAUSTED (8): received a message of 1001 bytes; the limit is 1000 bytes (maxReceive of the channel, or its service config)
Tusk\OverloadedException 8 /tusk.Test/Echo failed with RESOURCE_EXHAUSTED (8): a message of 2001 bytes was to be sent; the limit is 2000 bytes (maxSend of the channel, or its service config)
1000
