--TEST--
A jsonSerialize() that waits in a call's arguments: others encode the same value, by the codec and by json_encode()
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
require __DIR__ . '/../include/turns.inc';
require __DIR__ . '/../include/parallel.inc';
use Tusk\Tests\Process;
use function Tusk\Tests\each_of;
use function Tusk\Tests\failure_of;

final class Waits implements JsonSerializable
{
    public function jsonSerialize(): mixed { turns(3); return 'waited'; }
}
final class Holds { public array $list = []; public ?Holds $self = null; }

$port = Tusk\Tests\free_port();
Process::start([...Tusk\Tests\plain_php(), __DIR__ . '/../include/json_rpc_server.php', (string) $port, 'newline'])->waitForPort($port);
$rpc = Tusk\Rpc\JsonRpc::connect("tcp://127.0.0.1:$port", ['framing' => 'newline']);
$holds = new Holds();
$holds->list = [new Waits(), 'argc' => $argc];
$shared = ['deep' => $holds, 'argc' => $argc];
$results = each_of(4, static fn (int $i): mixed => $i % 2
    ? json_decode(json_encode($shared) ?: '"' . json_last_error_msg() . '"', true) : $rpc->call('echo', [$shared])[0]);
echo json_encode($results), "\n";
$holds->self = $holds;
echo json_encode(each_of(2, static fn (): string => failure_of(static fn () => $rpc->call('echo', [$shared])))), "\n";
?>
--EXPECT--
[{"deep":{"list":{"0":"waited","argc":1},"self":null},"argc":1},{"deep":{"list":{"0":"waited","argc":1},"self":null},"argc":1},{"deep":{"list":{"0":"waited","argc":1},"self":null},"argc":1},{"deep":{"list":{"0":"waited","argc":1},"self":null},"argc":1}]
["Tusk\\MisuseError: the payload cannot be sent as JSON: it contains itself","Tusk\\MisuseError: the payload cannot be sent as JSON: it contains itself"]
