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
use Spiral\Goridge\Frame;
use Spiral\Goridge\RelayInterface;
use Spiral\Goridge\StreamRelay;
use Tusk\Rpc\RoadRunner\Rpc as TuskRpc;

$address = Tusk\Tests\goridge_server();

/** Gives each frame to one reader whole: without this the readers also tear frames apart. */
final class OneReaderAtATime implements RelayInterface
{
    private readonly Tusk\Channel $turn;

    public function __construct(private readonly RelayInterface $relay)
    {
        $this->turn = new Tusk\Channel(1);
        $this->turn->send(true);
    }

    public function waitFrame(): Frame
    {
        $this->turn->receive();
        $frame = $this->relay->waitFrame();
        $this->turn->send(true);
        return $frame;
    }

    public function send(Frame $frame): void
    {
        $this->relay->send($frame);
    }

    public function hasFrame(): bool
    {
        return $this->relay->hasFrame();
    }
}

function two_at_once(RPCInterface $rpc): void
{
    // The first call is answered after the second.
    $slow = Tusk\go(fn () => $rpc->call('Test.Sleep', '100'));
    $fast = Tusk\go(fn () => $rpc->call('Test.Echo', 'second'));
    foreach (['first' => $slow, 'second' => $fast] as $name => $coroutine) {
        try {
            $answer = json_encode($coroutine->join(5));
            echo "$name: $answer\n";
        } catch (Throwable $error) {
            echo "$name: ", $error::class, ': ', $error->getMessage(), "\n";
        }
    }
}

echo "goridge-php\n";
$stream = stream_socket_client($address);
two_at_once(new RPC(new OneReaderAtATime(new StreamRelay($stream, $stream))));
echo "Tusk\n";
two_at_once(TuskRpc::create($address));
?>
--EXPECTF--
goridge-php
first: "second"
second: Spiral\Goridge\RPC\Exception\RPCException: Invalid RPC frame, sequence mismatch
Tusk
first: "100"
second: "second"
