--TEST--
Futures, and calls whose answers nobody wants
--SKIPIF--
<?php
require __DIR__ . '/../include/goridge.inc';
Tusk\Tests\skip_without_goridge_server();
?>
--FILE--
<?php
require __DIR__ . '/../include/goridge.inc';
use Tusk\Rpc\Goridge;
use function Tusk\Tests\failure_of;

$address = Tusk\Tests\goridge_server();
$rpc = Goridge::connect($address);
$futures = [];
foreach ([60, 20, 40] as $millis) {
    $futures[$millis] = $rpc->callAsync('Test.Sleep', $millis);
}
var_dump($futures[20]->isReady());
echo $futures[40]->await(), ' ', $futures[20]->await(), ' ', $futures[60]->await(), "\n";
var_dump($futures[60]->isReady(), $futures[60]->await());

$never = $rpc->callAsync('Test.Never');
echo failure_of(fn () => $never->await(0.01)), "\n";
$first = Tusk\go(fn () => $never->await());
Tusk\sleep(0);
echo failure_of(fn () => $never->await()), "\n";
$first->cancel();
echo failure_of(fn () => $first->join()), "\n";
$never->cancel();
echo failure_of(fn () => $never->await()), "\n";
echo failure_of(fn () => $rpc->callAsync('Test.Never', null, 0.01)->await()), "\n";
echo failure_of(fn () => $rpc->callAsync('Test.Error', 'late')->await()), "\n";

echo "dropped\n";
$rpc->callAsync('Test.Sleep', 5);
for ($i = 0; $i < 3; $i++) {
    $rpc->callIgnoreResponse('Test.Mark', 'ignored');
}
$rpc->callIgnoreResponse('Test.Error', 'nobody reads this');
var_dump($rpc->call('Test.Marked', 'ignored'));
// The server answers the dropped call late; nobody waits for that.
for ($until = hrtime(true) + 20e9; $rpc->stats()['late_answers'] === 0 && hrtime(true) < $until;) {
    Tusk\sleep(0.005);
}
$stats = $rpc->stats();
var_dump($stats['in_flight'], $stats['abandoned'], $stats['late_answers']);

echo "too many\n";
$narrow = Goridge::connect($address, options: ['max_in_flight' => 2]);
$both = [$narrow->callAsync('Test.Never'), $narrow->callAsync('Test.Never')];
echo failure_of(fn () => $narrow->call('Test.Echo')), "\n";
unset($both[0]);
var_dump($narrow->call('Test.Echo', 'room again'));

echo "the last words of a script are sent\n";
$script = '$rpc = Tusk\Rpc\Goridge::connect($argv[1]); for ($i = 0; $i < 500; $i++) $rpc->callIgnoreResponse("Test.Mark", "last words");';
$child = Tusk\Tests\Process::start([...Tusk\Tests\php_with_tusk(), '-r', $script, $address]);
echo $child->wait(), $child->output(), "\n";
for ($i = 0; $i < 1000 && $rpc->call('Test.Marked', 'last words') < 500; $i++) {
    Tusk\sleep(0.005);
}
var_dump($rpc->call('Test.Marked', 'last words'));
?>
--EXPECT--
bool(false)
40 20 60
bool(true)
int(60)
Tusk\TimeoutException: Test.Never at tcp://HOST did not answer within 0.01 s; it was sent, and may have been executed
Tusk\MisuseError: another coroutine waits for this Future already: give each its own, or pass the answer on by a Channel
Tusk\CancelledException: the coroutine was cancelled
Tusk\MisuseError: the call of Test.Never at tcp://HOST was given up: there is no answer to wait for
Tusk\TimeoutException: Test.Never at tcp://HOST did not answer within 0.01 s; it was sent, and may have been executed
Tusk\RemoteException: Test.Error at tcp://HOST failed: late
dropped
int(3)
int(0)
int(2)
int(1)
too many
Tusk\OverloadedException: cannot make a call: 2 calls of this client have not ended; bound the coroutines that call, or raise max_in_flight
string(10) "room again"
the last words of a script are sent
0
int(500)
