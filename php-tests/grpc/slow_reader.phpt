--TEST--
A stream that is read slowly holds no more than its window, and a sender waits for its server
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use Tusk\Grpc\Call;
$server = Tusk\Tests\GrpcServer::start();
$channel = $server->channel(['window' => 65_535]);
function resident(): int
{
    preg_match('/^VmRSS:\s+(\d+)/m', file_get_contents('/proc/self/status'), $found);
    return (int) $found[1];
}
/** Waits until the server's count of messages stands still. */
function sent(Tusk\Grpc\Channel $channel): int
{
    $sent = -1;
    do {
        $before = $sent;
        Tusk\sleep(0.02);
        $sent = (int) explode(':', $channel->unary('/tusk.Test/Stats', ''))[2];
    } while ($sent !== $before);
    return $sent;
}
$channel->unary('/tusk.Test/Echo', str_repeat('x', 100_000));
$before = resident();
// 100 MB, of which nobody reads more than the first message.
$call = new Call($channel, '/tusk.Test/Count', message: '100000:1000');
$call->receive();
$sent = sent($channel);
$grown = resident() - $before;
echo $sent < 50_000 ? 'the server stopped' : "the server sent $sent", ', ',
    $grown < 2048 ? 'memory is flat' : "$grown KiB more", "\n";
for ($i = 1; $call->receive() !== null; $i++);
$grown = resident() - $before;
echo "$i messages, ", $grown < 4096 ? 'memory is flat' : "$grown KiB more", "\n";

// The server echoes, nobody takes the echoes, so it stops reading and the sender waits.
$chat = new Call($channel, '/tusk.Test/Chat');
$accepted = 0;
$writer = Tusk\go(function () use ($chat, &$accepted): void {
    while ($accepted < 20_000) {
        $chat->send(str_repeat('y', 1000));
        $accepted++;
    }
    $chat->closeSend();
});
do {
    $last = $accepted;
    Tusk\sleep(0.05);
} while ($accepted !== $last);
echo $accepted < 10_000 ? 'the sender waits' : "$accepted were accepted", "\n";
for ($echoed = 0; $chat->receive() !== null; $echoed++);
$writer->join();
echo "$echoed echoed\n";
?>
--EXPECT--
the server stopped, memory is flat
100000 messages, memory is flat
the sender waits
20000 echoed
