--TEST--
A closed channel gives what is left, then says so; who waits is woken
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Channel;
$channel = new Channel(3);
$channel->send('left');
$channel->close();
$channel->close();
attempt('send', fn () => $channel->send(1));
attempt('receive', fn () => $channel->receive());
attempt('receive again', fn () => $channel->receive());
attempt('iterate', fn () => iterator_to_array($channel));
$waiting = new Channel();
foreach ([1, 2, 3] as $i) {
    $receivers[$i] = Tusk\go(function () use ($waiting) {
        foreach ($waiting as $value) {
            return "got $value";
        }
        return 'the end';
    });
}
Tusk\sleep(0);
$waiting->send('one value');
$waiting->close();
foreach ($receivers as $i => $receiver) {
    attempt("receiver $i", fn () => $receiver->join(1));
}
$full = new Channel(1);
$full->send('kept');
$senders = [Tusk\go(fn () => $full->send('a')), Tusk\go(fn () => $full->send('b'))];
Tusk\sleep(0);
$full->close();
attempt('sender 0', fn () => $senders[0]->join(1));
attempt('sender 1', fn () => $senders[1]->join(1));
attempt('kept', fn () => $full->receive());
attempt('count', fn () => count($full));
$late = new Channel(2);
$first = Tusk\go(fn () => $late->receive());
Tusk\sleep(0);
$late->send('promised');
$late->close();
attempt('after a close, behind one that was woken', fn () => $late->receive(1));
attempt('that one', fn () => $first->join(1));
?>
--EXPECT--
send: Tusk\MisuseError: the channel is closed: nothing can be sent to it any more
receive: "left"
receive again: Tusk\MisuseError: the channel is closed and empty: iterate over it, or ask isClosed() and count() first
iterate: []
receiver 1: "got one value"
receiver 2: "the end"
receiver 3: "the end"
sender 0: Tusk\MisuseError: the channel is closed: nothing can be sent to it any more
sender 1: Tusk\MisuseError: the channel is closed: nothing can be sent to it any more
kept: "kept"
count: 0
after a close, behind one that was woken: Tusk\MisuseError: the channel is closed and empty: iterate over it, or ask isClosed() and count() first
that one: "promised"
