--TEST--
A wait that nothing can end says so
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Channel;
attempt('receive', fn () => (new Channel())->receive());
attempt('send', fn () => (new Channel())->send(1));
attempt('iterate', fn () => iterator_to_array(new Channel()));
$a = new Channel();
$b = new Channel();
Tusk\go(function () use ($a, $b) { $a->receive(); $b->send(1); });
attempt('crosswise', function () use ($a, $b) { $b->receive(); $a->send(1); });
echo "the process goes on\n";
?>
--EXPECTF--
receive: Tusk\MisuseError: deadlock: Channel::receive() can never end, because every coroutine waits for another and no timer or I/O is under way; look for a channel nobody sends to, or a coroutine nobody resumes. Who waits for what:%A
send: Tusk\MisuseError: deadlock: Channel::send() can never end, because every coroutine waits for another and no timer or I/O is under way; look for a channel nobody sends to, or a coroutine nobody resumes. Who waits for what:%A
iterate: Tusk\MisuseError: deadlock: Channel::receive() can never end, because every coroutine waits for another and no timer or I/O is under way; look for a channel nobody sends to, or a coroutine nobody resumes. Who waits for what:%A
crosswise: Tusk\MisuseError: deadlock: Channel::receive() can never end, because every coroutine waits for another and no timer or I/O is under way; look for a channel nobody sends to, or a coroutine nobody resumes. Who waits for what:%A
the process goes on
