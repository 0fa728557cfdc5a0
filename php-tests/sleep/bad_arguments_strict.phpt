--TEST--
Under strict_types sleep() takes numbers alone
--FILE--
<?php
declare(strict_types=1);
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
foreach ([0, 0.0, '0', null, true, []] as $seconds) {
    attempt(json_encode($seconds), fn () => Tusk\sleep($seconds));
}
attempt('Channel', fn () => new Tusk\Channel('1'));
attempt('Channel float', fn () => new Tusk\Channel(1.0));
attempt('send', fn () => (new Tusk\Channel(1))->send(1, '1'));
attempt('receive', fn () => (new Tusk\Channel(1))->receive(true));
attempt('WaitGroup', fn () => new Tusk\WaitGroup('1'));
attempt('timeout', fn () => Tusk\timeout('1', fn () => 1));
attempt('shield', fn () => Tusk\Coroutine::shield(fn () => 1, '1'));
attempt('join', fn () => Tusk\Coroutine::current()->join('1'));
attempt('delay', fn () => Tusk\EventLoop::delay('1', fn () => 1));
attempt('cancelTimer', fn () => Tusk\EventLoop::cancelTimer('1'));
attempt('hooks', fn () => Tusk\Runtime::hooks(1));
?>
--EXPECTF--
0: null
0: null
"0": TypeError: Tusk\sleep(): Argument #1 ($seconds) must be of type float, string given
null: TypeError: Tusk\sleep(): Argument #1 ($seconds) must be of type float, null given
true: TypeError: Tusk\sleep(): Argument #1 ($seconds) must be of type float, %s given
[]: TypeError: Tusk\sleep(): Argument #1 ($seconds) must be of type float, array given
Channel: TypeError: Tusk\Channel::__construct(): Argument #1 ($capacity) must be of type int, string given
Channel float: TypeError: Tusk\Channel::__construct(): Argument #1 ($capacity) must be of type int, float given
send: TypeError: Tusk\Channel::send(): Argument #2 ($timeout) must be of type ?float, string given
receive: TypeError: Tusk\Channel::receive(): Argument #1 ($timeout) must be of type ?float, %s given
WaitGroup: TypeError: Tusk\WaitGroup::__construct(): Argument #1 ($count) must be of type int, string given
timeout: TypeError: Tusk\timeout(): Argument #1 ($seconds) must be of type float, string given
shield: TypeError: Tusk\Coroutine::shield(): Argument #2 ($grace) must be of type float, string given
join: TypeError: Tusk\Coroutine::join(): Argument #1 ($timeout) must be of type ?float, string given
delay: TypeError: Tusk\EventLoop::delay(): Argument #1 ($delay) must be of type float, string given
cancelTimer: TypeError: Tusk\EventLoop::cancelTimer(): Argument #1 ($timer) must be of type int, string given
hooks: TypeError: Tusk\Runtime::hooks(): Argument #1 ($hooks) must be a string, a list of strings or null
