--TEST--
Exceptions of callbacks of every kind reach the error handler, and the loop goes on
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman_loop.php';

$loop = new Tusk\Workerman\EventLoop();
$left = 4;
$loop->setErrorHandler(function (Throwable $failure) use ($loop, &$left) {
    echo get_class($failure), ': ', $failure->getMessage(), "\n";
    if (--$left === 0) {
        $loop->stop();
    }
});
$fail = fn (string $what, callable $next) => function () use ($what, $next) {
    $next();
    throw new LogicException($what);
};
[$ours, $theirs] = Tusk\Tests\connection();
$off = fn () => $loop->offReadable($ours) && $loop->offWritable($ours);
$signal = fn () => posix_kill(getmypid(), SIGUSR1);
$loop->onSignal(SIGUSR1, $fail('signal', fn () => usleep(1000)));
$loop->onWritable($ours, $fail('write', fn () => $loop->offWritable($ours) && fwrite($theirs, 'x')));
$loop->onReadable($ours, $fail('read', fn () => $loop->offReadable($ours) && $loop->delay(0, $fail('timer that waited', fn () => usleep(1000) || $signal()))));
Tusk\Tests\run_loop($loop);
?>
--EXPECT--
LogicException: write
LogicException: read
LogicException: timer that waited
LogicException: signal
