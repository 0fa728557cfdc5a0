--TEST--
Signal handlers run while all wait, in coroutines of their own, and may wait
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman_loop.php';

use Tusk\Channel;

$loop = new Tusk\Workerman\EventLoop();
$news = new Channel(1);
$loop->onSignal(SIGUSR1, function (int $signal) use ($loop, $news) {
    echo 'handler: ', $signal === SIGUSR1 ? 'SIGUSR1' : $signal, "\n";
    echo 'it waited for: ', $news->receive(), "\n";
    var_dump($loop->offSignal(SIGUSR1), $loop->offSignal(SIGUSR1));
    posix_kill(getmypid(), SIGUSR1); // ignored from now on
    $loop->stop();
});
$loop->delay(0, function () use ($loop, $news) {
    posix_kill(getmypid(), SIGUSR1);
    $loop->delay(0.01, fn () => $news->send('another callback'));
});
Tusk\Tests\run_loop($loop);
echo "stopped\n";
?>
--EXPECT--
handler: SIGUSR1
it waited for: another callback
bool(true)
bool(false)
stopped
