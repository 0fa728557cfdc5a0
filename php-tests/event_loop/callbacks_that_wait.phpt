--TEST--
A callback that waits lets others run; each is a coroutine of its own
--FILE--
<?php
use Tusk\{Coroutine, EventLoop};
$ids = [];
$end = new Tusk\WaitGroup(3);
for ($i = 0; $i < 3; $i++) {
    EventLoop::delay(0.001, function () use ($i, &$ids, $end) {
        echo "begin $i\n";
        Tusk\sleep(0.002);
        $ids[Coroutine::current()->id()] = true;
        echo "end $i\n";
        $end->done();
    });
}
EventLoop::delay(0.001, fn () => print("never waits\n"));
Tusk\go(function () use ($end) { $end->wait(); EventLoop::stop(); });
EventLoop::run();
echo count($ids), " coroutines\n";
EventLoop::delay(0.001, function () {
    Coroutine::defer(fn () => print("deferred in a callback\n"));
    echo "callback\n";
    EventLoop::stop();
});
EventLoop::run();
?>
--EXPECT--
begin 0
begin 1
begin 2
never waits
end 0
end 1
end 2
3 coroutines
callback
deferred in a callback
