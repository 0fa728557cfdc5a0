--TEST--
exit() in a coroutine: the values of all are destroyed
--INI--
zend.exception_ignore_args=1
--FILE--
<?php
use Tusk\Context;
class Value {
    public function __construct(private string $name) {}
    public function __destruct() { echo "$this->name is destroyed\n"; }
}
Context::set('v', new Value('main'));
Tusk\go(function () { Context::set('v', new Value('one that waits')); Tusk\sleep(60); });
Tusk\go(function () { Context::set('v', new Value('one that exits')); Tusk\sleep(0); exit("exit\n"); });
Tusk\sleep(60);
--EXPECT--
exit
one that exits is destroyed
one that waits is destroyed
main is destroyed
