<?php
// What a web application may do with Tusk installed, and what it finds of Tusk.
function refused(callable $call): void
{
    try {
        $call();
        echo "not refused\n";
    } catch (Tusk\UnsupportedException $e) {
        echo strtok($e->getMessage(), ':'), "\n";
    }
}
echo PHP_SAPI, "\n";
refused(fn () => Tusk\go(fn () => 1));
refused(fn () => Tusk\run(fn () => 1));
refused(fn () => Tusk\sleep(0.001));
refused(fn () => (new Tusk\Channel)->receive(0.001));
refused(fn () => (new Tusk\EventLoop)->run());
echo Tusk\Runtime::info()['enabled'], "\n";
$kernel = array_filter(scandir('/proc/self/fd'), fn ($fd) => preg_match('/io_uring|eventpoll|eventfd/', (string) @readlink("/proc/self/fd/$fd")));
echo count(scandir('/proc/self/task')) - 2, ' thread, ', count($kernel), " rings and the like\n";
usleep(1000);
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
fwrite($a, "PHP streams work\n");
echo fgets($b);
