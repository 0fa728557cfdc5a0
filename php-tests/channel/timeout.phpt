--TEST--
send() and receive() with a deadline; nothing is lost at it
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Channel;
$channel = new Channel(1);
attempt('receive', fn () => $channel->receive(0.001));
attempt('receive at once', fn () => $channel->receive(0));
attempt('send with room', fn () => $channel->send('first', 0));
attempt('send', fn () => $channel->send('second', 0.001));
attempt('send at once', fn () => $channel->send('third', 0));
attempt('what is inside', fn () => $channel->receive(0));
attempt('nothing else is', fn () => count($channel));
Tusk\go(function () use ($channel) { Tusk\sleep(0.002); $channel->send('in time'); });
attempt('in time', fn () => $channel->receive(10));
echo Tusk\Runtime::stats()['timers'], " timers\n";
attempt('null is for ever', function () use ($channel) {
    Tusk\go(fn () => $channel->send(1));
    return $channel->receive(null);
});
attempt('INF too', function () use ($channel) {
    Tusk\go(fn () => $channel->send(2));
    return $channel->receive(INF);
});
?>
--EXPECT--
receive: Tusk\TimeoutException: Channel::receive() timed out
receive at once: Tusk\TimeoutException: Channel::receive() timed out
send with room: null
send: Tusk\TimeoutException: Channel::send() timed out
send at once: Tusk\TimeoutException: Channel::send() timed out
what is inside: "first"
nothing else is: 0
in time: "in time"
0 timers
null is for ever: 1
INF too: 2
