--TEST--
Timers: numbers, counts, ending them from inside, repeating, deleting all
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman_loop.php';

$loop = new Tusk\Workerman\EventLoop();
$once = $loop->delay(0, function (string ...$args) use ($loop, &$once) {
    echo 'once: ', implode(' ', $args), ', left ', $loop->getTimerCount(), "\n";
    echo 'ended already: ', var_export($loop->offDelay($once), true), "\n";
}, ['a', 'b']);
$times = 0;
$many = $loop->repeat(0.001, function () use ($loop, &$many, &$times) {
    if (++$times === 3) {
        echo "three times\n";
        echo 'ended inside: ', var_export($loop->offRepeat($many), true), var_export($loop->offRepeat($many), true), "\n";
        $loop->delay(5, fn () => print "never\n");
        $loop->repeat(5, fn () => print "never\n");
        echo $loop->getTimerCount(), " left\n";
        $loop->deleteAllTimer();
        echo $loop->getTimerCount(), " left\n";
        $loop->stop();
    }
});
echo $once > 0 && $many > $once ? "numbers go up\n" : "$once, $many\n";
var_dump($loop->offDelay(12345));
echo $loop->getTimerCount(), " timers\n";
$loop->run();

// One that waits longer than its interval is left out, not overlapped.
$inside = $most = $calls = 0;
$loop->repeat(0.001, function () use ($loop, &$inside, &$most, &$calls) {
    $most = max($most, ++$inside);
    usleep(10_000);
    $inside--;
    if (++$calls === 3) {
        $loop->stop();
    }
});
$loop->run();
echo "at most $most at once\n";
?>
--EXPECT--
numbers go up
bool(false)
2 timers
once: a b, left 1
ended already: false
three times
ended inside: truefalse
2 left
0 left
at most 1 at once
