--TEST--
The event loop calls again while bytes are left, and not when a read has drained the socket
--FILE--
<?php
use Tusk\EventLoop;

[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
stream_set_blocking($b, false);
stream_set_read_buffer($b, 0);
$calls = [];
EventLoop::onReadable($b, function ($b) use (&$calls) {
    $calls[] = fread($b, 4);
});
// Each step begins when the calls that are due have come, and a while after: one more would show.
$steps = [
    static fn () => fwrite($a, '123456789'),
    static fn () => fwrite($a, 'more'),
    static fn () => fclose($a),
];
$due = [3, 1, 1];
$next = static function (int $step) use (&$next, &$calls, $steps, $due, $b): void {
    $steps[$step]();
    $quiet = 0;
    $timer = EventLoop::repeat(0.001, static function () use (&$timer, &$quiet, &$next, &$calls, $steps, $due, $step, $b): void {
        if (count($calls) < $due[$step] || ++$quiet < 20) {
            return;
        }
        EventLoop::cancelTimer($timer);
        echo $step < 2 ? implode(' ', $calls) : json_encode([$calls[0], feof($b)]), "\n";
        $calls = [];
        if (isset($steps[$step + 1])) {
            $next($step + 1);
        } else {
            fclose($b);
            EventLoop::stop();
        }
    });
};
$next(0);
EventLoop::run();
?>
--EXPECT--
1234 5678 9
more
["",true]
