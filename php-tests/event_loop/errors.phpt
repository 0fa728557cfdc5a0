--TEST--
What callbacks throw goes to the error handler, or becomes a warning
--FILE--
<?php
use Tusk\EventLoop;
EventLoop::delay(0, fn () => throw new LogicException('without a handler'));
EventLoop::delay(0.001, function () { Tusk\sleep(0.001); throw new LogicException('after a wait'); });
EventLoop::delay(0.004, EventLoop::stop(...));
EventLoop::run();
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
--EXPECT--

