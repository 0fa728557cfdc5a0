--TEST--
A value for a receiver that was cancelled goes to the next, or stays
--FILE--
<?php
use Tusk\Channel;
$channel = new Channel();
$say = fn (string $name) => function () use ($channel, $name) {
    try {
        $value = $channel->receive();
        echo "$name got $value\n";
    } catch (Tusk\CancelledException) {
        echo "$name was cancelled\n";
    }
};
$first = Tusk\go($say('first'));
$second = Tusk\go($say('second'));
Tusk\sleep(0);
$channel->send('for the first');
$first->cancel();
Tusk\sleep(0);
$third = Tusk\go($say('third'));
Tusk\sleep(0);
$channel->send('for the third');
$third->cancel();
Tusk\sleep(0);
echo count($channel), " stays\n";
echo $channel->receive(), "\n";
$fourth = Tusk\go($say('fourth'));
Tusk\sleep(0);
$fourth->cancel();
$sender = Tusk\go(function () use ($channel) { $channel->send('nobody'); echo "sent\n"; });
Tusk\sleep(0);
echo $sender->isDone() ? 'done' : 'waits', ', ', count($channel), " inside\n";
echo $channel->receive(), "\n";
Tusk\sleep(0);
?>
--EXPECT--
first was cancelled
second got for the first
third was cancelled
1 stays
for the third
fourth was cancelled
waits, 0 inside
nobody
sent
