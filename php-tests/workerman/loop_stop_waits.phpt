--TEST--
stop() ends run() when callbacks under way have ended, and cancels those that do not end
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman_loop.php';

use Workerman\Worker;

$loop = new Tusk\Workerman\EventLoop();
$loop->delay(0, function () {
    usleep(30_000);
    echo "a callback ended\n";
});
$loop->delay(0, fn () => Tusk\go(function () {
    usleep(50_000);
    echo "a coroutine of a callback ended\n";
}));
$loop->delay(0.005, fn () => $loop->stop());
Tusk\Tests\run_loop($loop);
echo "run() returned\n";

Worker::$stopTimeout = 1;
Worker::$logFile = '/dev/null';
Worker::$outputStream = fopen('php://memory', 'w');
$loop = new Tusk\Workerman\EventLoop();
$loop->delay(0, function () {
    try {
        Tusk\sleep(60);
    } finally {
        echo "cancelled after its time\n";
    }
});
$loop->setErrorHandler(fn (Throwable $failure) => print get_class($failure) . ": it did what it was asked to\n");
$loop->delay(0.005, fn () => $loop->stop());
$loop->run();
echo "run() returned\n";
?>
--EXPECT--
a callback ended
a coroutine of a callback ended
run() returned
cancelled after its time
run() returned
