--TEST--
Server, client and bidirectional streams, with a reader and a writer at the same time
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use Tusk\Grpc\Call;
$server = Tusk\Tests\GrpcServer::start();
$channel = $server->channel();

$count = new Call($channel, '/tusk.Test/Count', message: '1000:100');
$seen = 0;
while (($message = $count->receive()) !== null) {
    $seen += unpack('J', $message)[1] === $seen && strlen($message) === 100;
}
echo "$seen messages in order, ", json_encode($count->status()), "\n";

$collect = new Call($channel, '/tusk.Test/Collect');
for ($i = 0; $i < 1000; $i++) {
    $collect->send(str_repeat('x', 1000));
}
$collect->closeSend();
var_dump($collect->send('late'));
echo $collect->receive(), ' ', $collect->status()['code'], "\n";

$chat = new Call($channel, '/tusk.Test/Chat', ['echo-one' => 'a', 'echo-two' => ['b', 'c']]);
$writer = Tusk\go(function () use ($chat): void {
    for ($i = 0; $i < 500; $i++) {
        $chat->send("message $i");
    }
    $chat->closeSend();
});
$echoed = 0;
while (($message = $chat->receive()) !== null) {
    $echoed += $message === "message $echoed";
}
$writer->join();
$headers = $chat->headers();
echo "$echoed echoed, ", json_encode([$headers['echo-one'], $headers['echo-two']]), ' ', $chat->status()['code'], "\n";
echo str_starts_with($chat->peer(), 'ipv4:127.0.0.1:') ? 'peer' : $chat->peer(), "\n";
?>
--EXPECT--
1000 messages in order, {"code":0,"details":"","metadata":[]}
bool(false)
1000:1000000 0
500 echoed, [["a"],["b","c"]] 0
peer
