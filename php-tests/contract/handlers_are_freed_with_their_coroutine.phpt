--TEST--
Handlers set in a coroutine are released with it, and not before
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
final class Handler
{
    public function __construct(private string $name) {}
    public function __invoke() { echo "$this->name handles\n"; return true; }
    public function __destruct() { echo "$this->name freed\n"; }
}
set_error_handler(new Handler('main'));
$c = go(function () {
    set_error_handler(new Handler('a'));
    set_error_handler(new Handler('b'));
    turns(1);
    trigger_error('x');
});
$d = go(function () {
    turns(2);
    trigger_error('x');
    restore_error_handler();
    turns(1);
});
$c->join();
unset($c);
$d->join();
unset($d);
trigger_error('x');
restore_error_handler();
echo "end\n";
?>
--EXPECTF--
b handles
a freed
b freed
main handles
main handles
%Aend%A
