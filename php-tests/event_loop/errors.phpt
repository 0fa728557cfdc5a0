--TEST--
What callbacks throw goes to the error handler, or becomes a warning
--INI--
zend.exception_ignore_args=1
--FILE--
<?php
use Tusk\EventLoop;
EventLoop::delay(0, fn () => throw new LogicException('without a handler'));
EventLoop::delay(0.001, function () { Tusk\sleep(0.001); EventLoop::stop(); throw new LogicException('after a wait'); });
EventLoop::run();
Tusk\sleep(0);
EventLoop::setErrorHandler(function (Throwable $e) { echo 'handler: ', $e->getMessage(), "\n"; });
EventLoop::delay(0, fn () => throw new LogicException('with a handler'));
EventLoop::delay(0.001, EventLoop::stop(...));
EventLoop::run();
EventLoop::setErrorHandler(function (Throwable $e) { throw new LogicException('the handler itself'); });
EventLoop::delay(0, fn () => throw new LogicException('lost?'));
EventLoop::delay(0.001, EventLoop::stop(...));
EventLoop::run();
EventLoop::setErrorHandler(null);
?>
--EXPECTF--

Warning: Uncaught LogicException: without a handler in %s:3
Stack trace:
#0 [internal function]: {closure%S}()
#1 {main}
  thrown in %s on line 3

Warning: Uncaught LogicException: after a wait in %s:4
Stack trace:
#0 [internal function]: {closure%S}()
#1 {main}
  thrown in %s on line 4
handler: with a handler

Warning: Uncaught LogicException: the handler itself in %s:11
Stack trace:
#0 [internal function]: {closure%S}()
#1 {main}
  thrown in %s on line 11
