--TEST--
A server that restarts: calls in flight fail, calls that were not sent wait for it
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

$address = Tusk\Tests\goridge_server([], $server, $port);
$rpc = Goridge::connect($address);
$inFlight = Tusk\go(fn () => failure_of(fn () => $rpc->call('Test.Never')));
Tusk\sleep(0);
$server->stop();
echo $inFlight->join(10), "\n";
var_dump($rpc->isConnected());

// The server is down: this call waits, and is executed once when it is back.
$waiting = Tusk\go(fn () => $rpc->call('Test.Mark', 'once'));
Tusk\sleep(0.03);
var_dump($waiting->isDone());
Tusk\Tests\goridge_server([], $server, $port);
var_dump($waiting->join(10), $rpc->call('Test.Marked', 'once'), $rpc->stats()['connects']);
$server->stop();

echo "a server that does not come back\n";
$impatient = Goridge::connect($address, options: ['lazy' => true, 'connect_timeout' => 0.05]);
$begun = hrtime(true);
echo failure_of(fn () => $impatient->call('Test.Echo')), "\n";
var_dump(hrtime(true) - $begun < 5e9);
echo failure_of(fn () => $impatient->call('Test.Echo', null, 0.001)), "\n";
Tusk\Tests\goridge_server([], $server, $port);
var_dump($impatient->call('Test.Echo', 'back'));
var_dump($impatient->stats()['in_flight'], $rpc->stats()['in_flight']);
?>
--EXPECTF--
Tusk\ConnectionException: cannot finish the call: tcp://HOST: %s; the connection to tcp://HOST was given up, the call was sent and may have been executed
bool(false)
bool(false)
int(1)
int(1)
int(2)
a server that does not come back
Tusk\ConnectionException: cannot connect: tcp://HOST; the call was not sent (ECONNREFUSED: Connection refused); is the server running, and listening there?
bool(true)
Tusk\TimeoutException: Test.Echo at tcp://HOST did not answer within 0.001 s; it was not sent
string(4) "back"
int(0)
int(0)
