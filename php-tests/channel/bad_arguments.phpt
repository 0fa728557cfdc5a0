--TEST--
What a channel refuses
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Channel;
attempt('capacity -1', fn () => new Channel(-1));
attempt('capacity text', fn () => new Channel('many'));
attempt('capacity null', fn () => (new Channel(null))->count());
attempt('capacity NAN', fn () => new Channel(NAN));
attempt('two', fn () => new Channel(1, 2));
attempt('capacity huge', fn () => (new Channel(PHP_INT_MAX))->count());
attempt('capacity by name', fn () => (new Channel(capacity: 1))->count());
$channel = new Channel(1);
attempt('send nothing', fn () => $channel->send());
attempt('send three', fn () => $channel->send(1, 2, 3));
attempt('send, negative', fn () => $channel->send(1, -1));
attempt('send, NAN', fn () => $channel->send(1, NAN));
attempt('send, text', fn () => $channel->send(1, 'x'));
attempt('nothing was sent', fn () => count($channel));
attempt('receive, negative', fn () => $channel->receive(-0.1));
attempt('receive, NAN', fn () => $channel->receive(NAN));
attempt('receive two', fn () => $channel->receive(1, 2));
attempt('close with one', fn () => $channel->close(1));
attempt('count with one', fn () => $channel->count(1));
attempt('constructed twice', fn () => $channel->__construct(5));
attempt('clone', fn () => clone $channel);
attempt('serialize', fn () => serialize($channel));
attempt('unserialize', fn () => unserialize('O:12:"Tusk\Channel":0:{}'));
attempt('property', function () use ($channel) { $channel->x = 1; });
attempt('without a constructor', fn () => (new ReflectionClass(Channel::class))->newInstanceWithoutConstructor());
?>
--EXPECTF--
capacity -1: ValueError: Tusk\Channel::__construct(): Argument #1 ($capacity) must be zero or more
capacity text: TypeError: Tusk\Channel::__construct(): Argument #1 ($capacity) must be of type int, string given

Deprecated: Tusk\Channel::__construct(): Passing null to parameter #1 ($capacity) of type int is deprecated in %s on line 7
capacity null: 0
capacity NAN: TypeError: Tusk\Channel::__construct(): Argument #1 ($capacity) must be of type int, float given
two: ArgumentCountError: Tusk\Channel::__construct() expects at most 1 argument, 2 given
capacity huge: 0
capacity by name: 0
send nothing: ArgumentCountError: Tusk\Channel::send() expects at least 1 argument, 0 given
send three: ArgumentCountError: Tusk\Channel::send() expects at most 2 arguments, 3 given
send, negative: ValueError: Tusk\Channel::send(): Argument #2 ($timeout) must be zero or more seconds, -1 given
send, NAN: ValueError: Tusk\Channel::send(): Argument #2 ($timeout) must be zero or more seconds, NaN given
send, text: TypeError: Tusk\Channel::send(): Argument #2 ($timeout) must be of type ?float, string given
nothing was sent: 0
receive, negative: ValueError: Tusk\Channel::receive(): Argument #1 ($timeout) must be zero or more seconds, -0.1 given
receive, NAN: ValueError: Tusk\Channel::receive(): Argument #1 ($timeout) must be zero or more seconds, NaN given
receive two: ArgumentCountError: Tusk\Channel::receive() expects at most 1 argument, 2 given
close with one: ArgumentCountError: Tusk\Channel::close() expects exactly 0 arguments, 1 given
count with one: ArgumentCountError: Tusk\Channel::count() expects exactly 0 arguments, 1 given
constructed twice: Tusk\MisuseError: the constructor of this object was already called
clone: Error: Trying to clone an uncloneable object of class Tusk\Channel
serialize: Exception: Serialization of 'Tusk\Channel' is not allowed
unserialize: Exception: Unserialization of 'Tusk\Channel' is not allowed
property: Error: Cannot create dynamic property Tusk\Channel::$x
without a constructor: ReflectionException: Class Tusk\Channel is an internal class marked as final that cannot be instantiated without invoking its constructor
