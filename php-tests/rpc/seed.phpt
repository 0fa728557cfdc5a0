--TEST--
Two coroutines call on one client: each gets its own answer, where goridge-php mixes them up
--SKIPIF--
<?php
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
Tusk\Tests\skip_without_goridge_php();
?>
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\load_goridge_php();

use Spiral\Goridge\RPC\RPC;
use Spiral\Goridge\RPC\RPCInterface;
use Spiral\Goridge\StreamRelay;
use Tusk\Rpc\RoadRunner\Rpc as TuskRpc;

$address = Tusk\Tests\goridge_server();

function two_at_once(RPCInterface $rpc): void
{
    // The first call is answered after the second.
    $slow = Tusk\go(fn () => $rpc->call('Test.Sleep', '100'));
    $fast = Tusk\go(fn () => $rpc->call('Test.Echo', 'second'));
    foreach (['first' => $slow, 'second' => $fast] as $name => $coroutine) {
        try {
            echo "$name: ", json_encode($coroutine->join(5)), "\n";
        } catch (Throwable $error) {
            echo "$name: ", $error::class, ': ', $error->getMessage(), "\n";
        }
    }
}

echo "goridge-php\n";
$stream = stream_socket_client($address);
two_at_once(new RPC(new StreamRelay($stream, $stream)));
echo "Tusk\n";
two_at_once(TuskRpc::create($address));
?>
--EXPECTF--
goridge-php
first: %sInvalid RPC frame, sequence mismatch
second: "100"
Tusk
first: "100"
second: "second"
