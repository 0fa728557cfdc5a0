--TEST--
The value of a sender that was cancelled in line stays with it; one that was taken has been sent
--FILE--
<?php
use Tusk\Channel;
$channel = new Channel(1);
$channel->send('first');
$cancelled = Tusk\go(fn () => $channel->send('of one that was cancelled in line'));
$next = Tusk\go(function () use ($channel) { $channel->send('next'); echo "next goes on\n"; });
Tusk\sleep(0);
$cancelled->cancel();       // it has not run yet, but it is out
echo $channel->receive(), "\n";
Tusk\sleep(0.001);
echo $channel->receive(), "\n";
echo count($channel), " inside\n";

// Taken, then cancelled before it ran: send() says what is true, the cancel comes at the next wait.
$channel = new Channel();
$sender = Tusk\go(function () use ($channel) {
    $channel->send('taken');
    echo "it was sent\n";
    try { Tusk\sleep(0); } catch (Tusk\CancelledException) { echo "cancelled at the next wait\n"; }
});
Tusk\sleep(0);
echo $channel->receive(), "\n";
$sender->cancel();
$sender->join();
// The same with a close in between.
$sender = Tusk\go(function () use ($channel) { $channel->send('taken before the close'); echo "it was sent\n"; });
$late = Tusk\go(function () use ($channel) { try { $channel->send('late'); } catch (Tusk\MisuseError $e) { echo $e->getMessage(), "\n"; } });
Tusk\sleep(0);
echo $channel->receive(), "\n";
$channel->close();
$late->join();
// A send that gave up leaves nothing behind.
$channel = new Channel();
try { $channel->send('lost', 0.001); } catch (Tusk\TimeoutException) { echo count($channel), " inside\n"; }
try { $channel->receive(0.001); } catch (Tusk\TimeoutException $e) { echo $e->getMessage(), "\n"; }
--EXPECT--
first
next goes on
next
0 inside
taken
it was sent
cancelled at the next wait
taken before the close
it was sent
the channel is closed: nothing can be sent to it any more
0 inside
Channel::receive() timed out
