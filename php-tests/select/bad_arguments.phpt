--TEST--
What select() refuses
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Channel;
$channel = new Channel();
attempt('nothing', fn () => Channel::select());
attempt('no cases', fn () => Channel::select([]));
attempt('text', fn () => Channel::select('channel'));
attempt('an object', fn () => Channel::select([new stdClass()]));
attempt('null', fn () => Channel::select([$channel, null]));
attempt('a pair without a channel', fn () => Channel::select([[1, $channel]]));
attempt('a channel alone in a list', fn () => Channel::select([[$channel]]));
attempt('three', fn () => Channel::select([[$channel, 1, 2]]));
attempt('negative', fn () => Channel::select([$channel], -1));
attempt('NAN', fn () => Channel::select([$channel], NAN));
attempt('try with a time', fn () => Channel::trySelect([$channel], 1));
try { Channel::select([$channel, [new Channel(), 1]]); } catch (Tusk\MisuseError $e) { echo strtok($e->getMessage(), ','), "\n"; }
attempt('nothing was sent', fn () => count($channel));
--EXPECT--
nothing: ArgumentCountError: Tusk\Channel::select() expects at least 1 argument, 0 given
no cases: ValueError: Tusk\Channel::select(): Argument #1 ($cases) must have a case
text: TypeError: Tusk\Channel::select(): Argument #1 ($cases) must be of type array, string given
an object: TypeError: Tusk\Channel::select(): Argument #1 ($cases) must hold channels, to receive, and [channel, value], to send
null: TypeError: Tusk\Channel::select(): Argument #1 ($cases) must hold channels, to receive, and [channel, value], to send
a pair without a channel: TypeError: Tusk\Channel::select(): Argument #1 ($cases) must hold channels, to receive, and [channel, value], to send
a channel alone in a list: TypeError: Tusk\Channel::select(): Argument #1 ($cases) must hold channels, to receive, and [channel, value], to send
three: TypeError: Tusk\Channel::select(): Argument #1 ($cases) must hold channels, to receive, and [channel, value], to send
negative: ValueError: Tusk\Channel::select(): Argument #2 ($timeout) must be zero or more seconds, -1 given
NAN: ValueError: Tusk\Channel::select(): Argument #2 ($timeout) must be zero or more seconds, NaN given
try with a time: ArgumentCountError: Tusk\Channel::trySelect() expects exactly 1 argument, 2 given
deadlock: Channel::select() can never end
nothing was sent: 0
