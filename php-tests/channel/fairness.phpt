--TEST--
Receivers and senders are served in the order in which they came
--FILE--
<?php
use Tusk\Channel;
$channel = new Channel();
for ($i = 0; $i < 5; $i++) {
    Tusk\go(function () use ($channel, $i) { echo "receiver $i got " . $channel->receive() . "\n"; });
}
Tusk\sleep(0);
for ($i = 0; $i < 5; $i++) {
    $channel->send("value $i");
}
Tusk\sleep(0);
for ($i = 0; $i < 5; $i++) {
    Tusk\go(function () use ($channel, $i) { $channel->send("from sender $i"); echo "sender $i goes on\n"; });
}
Tusk\sleep(0);
for ($i = 0; $i < 5; $i++) {
    echo $channel->receive(), "\n";
}
Tusk\sleep(0);
$turns = '';
$ping = new Channel();
$a = Tusk\go(function () use ($ping, &$turns) { for ($i = 0; $i < 5; $i++) { $ping->send($i); $turns .= 's'; } $ping->close(); });
$b = Tusk\go(function () use ($ping, &$turns) { foreach ($ping as $_) { $turns .= 'r'; } });
$a->join();
$b->join();
echo strlen($turns), ' turns, nobody is more than two ahead: ', preg_match('/sss|rrr/', $turns), "\n";
?>
--EXPECT--
receiver 0 got value 0
receiver 1 got value 1
receiver 2 got value 2
receiver 3 got value 3
receiver 4 got value 4
from sender 0
from sender 1
from sender 2
from sender 3
from sender 4
sender 0 goes on
sender 1 goes on
sender 2 goes on
sender 3 goes on
sender 4 goes on
10 turns, nobody is more than two ahead: 0
