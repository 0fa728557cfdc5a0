--TEST--
What a server should not say is named; the connection is made anew and other calls are told
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

$rpc = Goridge::connect(Tusk\Tests\goridge_server());
$connects = 1;
foreach (['Stray', 'BadCrc', 'UnknownNumber', 'OtherMethod', 'NoOptions', 'Oversize', 'Hangup', 'HangupInside'] as $how) {
    echo "$how\n";
    $other = Tusk\go(fn () => failure_of(fn () => $rpc->call('Test.Never', null, 10)));
    Tusk\sleep(0);
    echo '  ', failure_of(fn () => $rpc->call("Test.$how", 'Warning: x', 10)), "\n";
    $told = $other->join(10);
    echo str_contains($told, 'may have been executed') ? "  the other was told\n" : "  $told\n";
    var_dump($rpc->call('Test.Echo', $how, 10) === $how);
    var_dump($rpc->stats()['connects'] === ++$connects);
}
echo "Twice\n";
var_dump($rpc->call('Test.Twice', 1, 10), $rpc->call('Test.Echo', 2, 10));
var_dump($rpc->stats()['connects'] === ++$connects);
echo "HangupAfter\n";
var_dump($rpc->call('Test.HangupAfter', 3, 10));
while ($rpc->isConnected()) {
    Tusk\sleep(0.001);
}
var_dump($rpc->call('Test.Echo', 4, 10));
echo "Ping\n";
var_dump($rpc->call('Test.Ping', 5, 10));
var_dump($rpc->stats()['in_flight']);
?>
--EXPECTF--
Stray
  Tusk\ProtocolException: cannot understand the answer: no frame begins here: its version would not be 1; the bytes are "\"Warning: x\""; the connection to tcp://HOST was given up, the call was sent and may have been executed; on a pipe, %s
  the other was told
bool(true)
bool(true)
BadCrc
  Tusk\ProtocolException: cannot understand the answer: a frame's checksum (CRC) is wrong: %s
  the other was told
bool(true)
bool(true)
UnknownNumber
  Tusk\ProtocolException: cannot understand the answer: an answer came for call 1%d, which nobody made; its body begins with "\"Warning: x\"";%s
  the other was told
bool(true)
bool(true)
OtherMethod
  Tusk\ProtocolException: cannot understand the answer: the answer to call %d names another method than the call did;%s
  the other was told
bool(true)
bool(true)
NoOptions
  Tusk\ProtocolException: cannot understand the answer: a frame has 0 options,%s
  the other was told
bool(true)
bool(true)
Oversize
  Tusk\ProtocolException: cannot understand the answer: a frame announces 4294967295 bytes, the bound is 67108864;%s
  the other was told
bool(true)
bool(true)
Hangup
  Tusk\ConnectionException: cannot finish the call: tcp://HOST: %s
  the other was told
bool(true)
bool(true)
HangupInside
  Tusk\ConnectionException: cannot finish the call: tcp://HOST: %s
  the other was told
bool(true)
bool(true)
Twice
int(1)
int(2)
bool(true)
HangupAfter
int(3)
int(4)
Ping
int(5)
int(0)
