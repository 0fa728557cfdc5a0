--TEST--
What the event loop refuses
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\EventLoop;
$closed = fopen('php://memory', 'r');
fclose($closed);
foreach (['delay', 'repeat'] as $method) {
    attempt("$method nothing", fn () => EventLoop::$method());
    attempt("$method negative", fn () => EventLoop::$method(-1, fn () => 1));
    attempt("$method NAN", fn () => EventLoop::$method(NAN, fn () => 1));
    attempt("$method text", fn () => EventLoop::$method('x', fn () => 1));
    attempt("$method no callable", fn () => EventLoop::$method(1, 'nothing'));
    attempt("$method no array", fn () => EventLoop::$method(1, fn () => 1, 'x'));
    attempt("$method four", fn () => EventLoop::$method(1, fn () => 1, [], 1));
}
foreach (['onReadable', 'onWritable'] as $method) {
    attempt("$method nothing", fn () => EventLoop::$method());
    attempt("$method a number", fn () => EventLoop::$method(1, fn () => 1));
    attempt("$method closed", fn () => EventLoop::$method($closed, fn () => 1));
    attempt("$method memory", fn () => @EventLoop::$method(fopen('php://memory', 'r'), fn () => 1));
    attempt("$method no callable", fn () => EventLoop::$method(STDIN, 'nothing'));
}
attempt('cancelTimer', fn () => EventLoop::cancelTimer());
attempt('cancelTimer text', fn () => EventLoop::cancelTimer('x'));
attempt('cancelWatch -1', fn () => EventLoop::cancelWatch(-1));
attempt('cancelWatch 1', fn () => EventLoop::cancelWatch(1));
attempt('setErrorHandler', fn () => EventLoop::setErrorHandler('nothing'));
attempt('run with one', fn () => EventLoop::run(1));
attempt('stop before run', fn () => EventLoop::stop());
echo EventLoop::timerCount(), ' ', Tusk\Runtime::stats()['watches'], "\n";
?>
--EXPECT--
delay nothing: ArgumentCountError: Tusk\EventLoop::delay() expects at least 2 arguments, 0 given
delay negative: ValueError: Tusk\EventLoop::delay(): Argument #1 ($delay) must be zero or more seconds, -1 given
delay NAN: ValueError: Tusk\EventLoop::delay(): Argument #1 ($delay) must be zero or more seconds, NaN given
delay text: TypeError: Tusk\EventLoop::delay(): Argument #1 ($delay) must be of type float, string given
delay no callable: TypeError: Tusk\EventLoop::delay(): Argument #2 ($callable) must be a valid callback, function "nothing" not found or invalid function name
delay no array: TypeError: Tusk\EventLoop::delay(): Argument #3 ($args) must be of type array, string given
delay four: ArgumentCountError: Tusk\EventLoop::delay() expects at most 3 arguments, 4 given
repeat nothing: ArgumentCountError: Tusk\EventLoop::repeat() expects at least 2 arguments, 0 given
repeat negative: ValueError: Tusk\EventLoop::repeat(): Argument #1 ($interval) must be zero or more seconds, -1 given
repeat NAN: ValueError: Tusk\EventLoop::repeat(): Argument #1 ($interval) must be zero or more seconds, NaN given
repeat text: TypeError: Tusk\EventLoop::repeat(): Argument #1 ($interval) must be of type float, string given
repeat no callable: TypeError: Tusk\EventLoop::repeat(): Argument #2 ($callable) must be a valid callback, function "nothing" not found or invalid function name
repeat no array: TypeError: Tusk\EventLoop::repeat(): Argument #3 ($args) must be of type array, string given
repeat four: ArgumentCountError: Tusk\EventLoop::repeat() expects at most 3 arguments, 4 given
onReadable nothing: ArgumentCountError: Tusk\EventLoop::onReadable() expects exactly 2 arguments, 0 given
onReadable a number: TypeError: Tusk\EventLoop::onReadable(): Argument #1 ($stream) must be of type resource, int given
onReadable closed: TypeError: Tusk\EventLoop::onReadable(): supplied resource is not a valid stream resource
onReadable memory: ValueError: Tusk\EventLoop::onReadable(): Argument #1 ($stream) must be a PHP stream with a file descriptor
onReadable no callable: TypeError: Tusk\EventLoop::onReadable(): Argument #2 ($callable) must be a valid callback, function "nothing" not found or invalid function name
onWritable nothing: ArgumentCountError: Tusk\EventLoop::onWritable() expects exactly 2 arguments, 0 given
onWritable a number: TypeError: Tusk\EventLoop::onWritable(): Argument #1 ($stream) must be of type resource, int given
onWritable closed: TypeError: Tusk\EventLoop::onWritable(): supplied resource is not a valid stream resource
onWritable memory: ValueError: Tusk\EventLoop::onWritable(): Argument #1 ($stream) must be a PHP stream with a file descriptor
onWritable no callable: TypeError: Tusk\EventLoop::onWritable(): Argument #2 ($callable) must be a valid callback, function "nothing" not found or invalid function name
cancelTimer: ArgumentCountError: Tusk\EventLoop::cancelTimer() expects exactly 1 argument, 0 given
cancelTimer text: TypeError: Tusk\EventLoop::cancelTimer(): Argument #1 ($timer) must be of type int, string given
cancelWatch -1: false
cancelWatch 1: false
setErrorHandler: TypeError: Tusk\EventLoop::setErrorHandler(): Argument #1 ($callable) must be a valid callback, function "nothing" not found or invalid function name
run with one: ArgumentCountError: Tusk\EventLoop::run() expects exactly 0 arguments, 1 given
stop before run: null
0 0
