--TEST--
An error handler that throws at an unjoined failure ends nothing else
--INI--
zend.exception_ignore_args=1
--FILE--
<?php
set_error_handler(function ($level, $message) {
    throw new ErrorException('from the handler');
});
Tusk\go(fn () => throw new LogicException('first'));
Tusk\sleep(0);
echo "goes on\n";
restore_error_handler();
?>
--EXPECTF--

Warning: Uncaught ErrorException: from the handler in %s:3
Stack trace:
#0 [internal function]: {closure%S}()
#1 {main}
  thrown in %s on line 3
goes on
