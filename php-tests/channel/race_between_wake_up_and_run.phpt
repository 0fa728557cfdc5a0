--TEST--
What was promised to a coroutine that has not run yet stays promised
--FILE--
<?php
use Tusk\Channel;
use function Tusk\go;
function settle(): void { for ($i = 0; $i < 10; $i++) { Tusk\sleep(0); } }
// A newcomer between the wake-up and the run of a receiver does not get its value.
$channel = new Channel();
$first = go(fn () => $channel->receive());
Tusk\sleep(0);
$channel->send('for the first');
try { $channel->receive(0); } catch (Tusk\TimeoutException) { echo "the newcomer gets nothing\n"; }
echo $first->join(), "\n";
// Nor does a loop, nor a select.
$first = go(fn () => $channel->receive());
Tusk\sleep(0);
$channel->send('again for the first');
var_dump(Channel::trySelect(['c' => $channel]));
echo $first->join(), "\n";
// A slot freed by a receive is the waiting sender's, not the newcomer's.
$channel = new Channel(1);
$channel->send(1);
$waits = go(function () use ($channel) { $channel->send(2); echo "who waited has sent\n"; });
Tusk\sleep(0);
echo $channel->receive(), "\n";
try { $channel->send(3, 0); } catch (Tusk\TimeoutException) { echo "the newcomer stands behind\n"; }
echo $channel->receive(), "\n";
// A receiver that was promised a value and is cancelled: the next that waits has it.
$channel = new Channel();
$receivers = [];
foreach (['a', 'b', 'c'] as $name) {
    $receivers[$name] = go(function () use ($channel, $name) {
        try { echo "$name got " . $channel->receive() . "\n"; } catch (Tusk\CancelledException) { echo "$name was cancelled\n"; }
    });
}
Tusk\sleep(0);
$channel->send(1);
$receivers['a']->cancel();
settle();
// Closed while a value is promised: it may still be passed on, then all see the end.
$channel->send(2);
$channel->close();
$receivers['c']->cancel();
settle();
echo count($channel), " inside\n";
$channel = new Channel();
$one = go(fn () => iterator_to_array($channel));
$two = go(fn () => iterator_to_array($channel));
Tusk\sleep(0);
$channel->send('the last');
$channel->close();
$one->cancel();
settle();
echo json_encode($two->join()), "\n";
// A timeout and a send in the same turn: the value is not lost.
$channel = new Channel();
$got = 0;
for ($i = 0; $i < 200; $i++) {
    $receiver = go(function () use ($channel) { try { return $channel->receive(0.0001); } catch (Tusk\TimeoutException) { return 0; } });
    $sender = go(function () use ($channel) { Tusk\sleep(0.0001); try { $channel->send(1, 0.0001); return 1; } catch (Tusk\TimeoutException) { return 0; } });
    $got += $receiver->join() - $sender->join();
}
echo $got + count($channel), " is the difference\n";
--EXPECT--
the newcomer gets nothing
for the first
NULL
again for the first
1
who waited has sent
the newcomer stands behind
2
a was cancelled
b got 1
c was cancelled
1 inside
["the last"]
0 is the difference
