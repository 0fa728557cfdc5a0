--TEST--
Ten thousand calls of all kinds, some of them cancelled, leave nothing behind
--SKIPIF--
<?php require __DIR__ . '/../include/grpc.inc'; Tusk\Tests\skip_without_grpc_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/grpc.inc';
use Tusk\Grpc\Call;
$channel = Tusk\Tests\GrpcServer::start()->channel();
function round_of_calls(Tusk\Grpc\Channel $channel): void
{
    $all = [];
    for ($i = 0; $i < 500; $i++) {
        $all[] = Tusk\go(function () use ($channel, $i): void {
            match ($i % 4) {
                0 => $channel->unary('/tusk.Test/Echo', str_repeat('x', 1000)),
                1 => (new Call($channel, '/tusk.Test/Count', message: '10:1000'))->receive(),
                2 => (new Call($channel, '/tusk.Test/Chat'))->send('x'),
                3 => (new Call($channel, '/tusk.Test/Delay', message: '60000'))->cancel(),
            };
        });
    }
    foreach ($all as $one) {
        $one->join();
    }
}
function resident(): int
{
    preg_match('/^VmRSS:\s+(\d+)/m', file_get_contents('/proc/self/status'), $found);
    return (int) $found[1];
}
for ($i = 0; $i < 5; $i++) {
    round_of_calls($channel);
}
[$heap, $memory] = [memory_get_usage(), resident()];
for ($i = 0; $i < 15; $i++) {
    round_of_calls($channel);
}
echo memory_get_usage() - $heap < 20_000 ? 'heap is flat' : memory_get_usage() - $heap, "\n";
echo resident() - $memory < 4096 ? 'memory is flat' : resident() - $memory . ' KiB', "\n";
while ($channel->count() > 0) {
    Tusk\sleep(0.001);
}
echo $channel->unary('/tusk.Test/Echo', 'done'), "\n";
?>
--EXPECT--
heap is flat
memory is flat
done
