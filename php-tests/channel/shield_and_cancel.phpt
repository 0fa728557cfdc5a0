--TEST--
A shielded receiver still gets its value
--FILE--
<?php
use Tusk\{Channel, Coroutine};
$channel = new Channel();
$receiver = Tusk\go(fn () => Coroutine::shield(fn () => $channel->receive()));
Tusk\sleep(0);
$receiver->cancel();
Tusk\go(fn () => $channel->send('through the shield'));
echo $receiver->join(), "\n";
?>
--EXPECT--
through the shield
