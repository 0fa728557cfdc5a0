--TEST--
Values go when the last coroutine that has them ends: after its defers, before its joiners
--INI--
zend.exception_ignore_args=1
--FILE--
<?php
use Tusk\{Context, Coroutine, EventLoop};
use function Tusk\go;
class Value {
    public function __construct(private string $name) {}
    public function __destruct() { echo "  $this->name is destroyed\n"; }
}
echo "ends by itself\n";
go(function () {
    Context::set('first', new Value('first'));
    Context::set('second', new Value('second'));
    Coroutine::defer(fn () => print("  deferred, has " . (Context::has('first') ? 'it' : 'nothing') . "\n"));
    echo "  its code ends\n";
})->join();
echo "  joined\n";
echo "an heir lives longer\n";
$heir = null;
go(function () use (&$heir) {
    Context::set('shared', new Value('shared'));
    $heir = go(fn () => Tusk\sleep(0.001));
})->join();
echo "  the spawner has ended\n";
$heir->join();
echo "throws\n";
try { go(function () { Context::set('v', new Value('of one that throws')); throw new LogicException('thrown'); })->join(); } catch (LogicException $e) { echo '  ', $e->getMessage(), "\n"; }
unset($e);
echo "cancelled while it waits\n";
$waits = go(function () { Context::set('v', new Value('of one that was cancelled')); Tusk\sleep(60); });
Tusk\sleep(0);
$waits->cancel();
try { $waits->join(); } catch (Tusk\CancelledException) { echo "  cancelled\n"; }
echo "cancelled before it starts\n";
(function () {
    Context::set('v', new Value('inherited by one that never ran'));
    $never = go(fn () => print("never\n"));
    Context::delete('v');
    $never->cancel();
    Tusk\sleep(0);
})();
echo "a destructor that throws ends the coroutine with that\n";
try {
    go(function () {
        Context::set('v', new class { public function __destruct() { throw new LogicException('from the destructor'); } });
        return 1;
    })->join();
} catch (LogicException $e) { echo '  ', $e->getMessage(), "\n"; }
echo "a callback of the event loop\n";
Context::set('main', new Value('main'));
EventLoop::delay(0, function () {
    echo '  starts with ', json_encode(Context::all()), "\n";
    Context::set('callback', new Value('callback'));
    Tusk\sleep(0.001);
    echo "  has waited\n";
});
EventLoop::delay(0, function () { Context::set('callback', new Value('one that does not wait')); });
EventLoop::delay(0.01, fn () => EventLoop::stop());
EventLoop::run();
go(fn () => Tusk\sleep(0.001) . print("the last coroutine ends\n"));
register_shutdown_function(fn () => print("a shutdown function\n"));
echo "end of the script\n";
--EXPECT--
ends by itself
  its code ends
  deferred, has it
  first is destroyed
  second is destroyed
  joined
an heir lives longer
  the spawner has ended
  shared is destroyed
throws
  of one that throws is destroyed
  thrown
cancelled while it waits
  of one that was cancelled is destroyed
  cancelled
cancelled before it starts
  inherited by one that never ran is destroyed
a destructor that throws ends the coroutine with that
  from the destructor
a callback of the event loop
  starts with []
  one that does not wait is destroyed
  has waited
  callback is destroyed
end of the script
a shutdown function
the last coroutine ends
  main is destroyed
