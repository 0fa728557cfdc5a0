--TEST--
A callback that cannot become a coroutine says why when it waits
--INI--
tusk.max_coroutines=2
--FILE--
<?php
Tusk\EventLoop::setErrorHandler(function (Throwable $e) {
    echo $e::class, "\n";
    Tusk\EventLoop::stop();
});
Tusk\go(fn () => Tusk\Coroutine::suspend());
Tusk\EventLoop::delay(0.001, function () {
    echo "runs\n";
    Tusk\sleep(0.001);
    echo "must not be reached\n";
});
Tusk\EventLoop::run();
?>
--EXPECT--
runs
Tusk\OverloadedException
