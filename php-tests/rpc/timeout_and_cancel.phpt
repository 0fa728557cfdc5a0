--TEST--
A call that times out or is cancelled frees its place; its late answer reaches nobody
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
echo failure_of(fn () => $rpc->call('Test.Sleep', 50, 0.01)), "\n";
$stats = $rpc->stats();
var_dump($stats['in_flight'], $stats['abandoned']);
$waiting = Tusk\go(fn () => $rpc->call('Test.Sleep', 50));
Tusk\sleep(0.001); // A turn, in which it is sent.
$waiting->cancel();
echo failure_of(fn () => $waiting->join()), "\n";
// Answers of others come before and after the late ones.
for ($i = 0; $i < 20; $i++) {
    $rpc->call('Test.Sleep', 10) === 10 || print "somebody else's answer\n";
}
$stats = $rpc->stats();
var_dump($stats['in_flight'], $stats['abandoned'], $stats['late_answers'], $stats['connects']);

echo "cancelled before it was sent\n";
$unsent = Tusk\go(fn () => $rpc->call('Test.Mark', 'unsent'));
Tusk\sleep(0); // It runs and queues its call, and the turn goes on.
$unsent->cancel();
echo failure_of(fn () => $unsent->join()), "\n";
var_dump($rpc->call('Test.Marked', 'unsent'));

echo "a default for all calls\n";
$hasty = Goridge::connect($address, options: ['timeout' => 0.01]);
echo failure_of(fn () => $hasty->call('Test.Never')), "\n";
var_dump($hasty->call('Test.Sleep', 30, 5));

echo "inside Tusk\\timeout()\n";
echo failure_of(fn () => Tusk\timeout(0.01, fn () => $rpc->call('Test.Never'))), "\n";
var_dump($rpc->stats()['in_flight']);
?>
--EXPECT--
Tusk\TimeoutException: Test.Sleep at tcp://HOST did not answer within 0.01 s; it was sent, and may have been executed
int(0)
int(1)
Tusk\CancelledException: the coroutine was cancelled
int(0)
int(0)
int(2)
int(1)
cancelled before it was sent
Tusk\CancelledException: the coroutine was cancelled
int(0)
a default for all calls
Tusk\TimeoutException: Test.Never at tcp://HOST did not answer within 0.01 s; it was sent, and may have been executed
int(30)
inside Tusk\timeout()
Tusk\TimeoutException: Tusk\timeout() of 0.01 seconds timed out
int(0)
