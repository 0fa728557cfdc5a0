--TEST--
The value of a sender that was cancelled stays with it; the next goes on
--FILE--
<?php
use Tusk\Channel;
$channel = new Channel(1);
$channel->send('first');
$cancelled = Tusk\go(fn () => $channel->send('cancelled'));
$next = Tusk\go(function () use ($channel) { $channel->send('next'); echo "next goes on\n"; });
Tusk\sleep(0);
echo $channel->receive(), "\n";
$cancelled->cancel();
Tusk\sleep(0.001);
echo $channel->receive(), "\n";
echo count($channel), "\n";
?>
--EXPECT--
first
next goes on
next
0
