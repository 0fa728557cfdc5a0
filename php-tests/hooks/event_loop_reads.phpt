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
fwrite($a, '123456789');
EventLoop::delay(0.02, function () use (&$calls, $a) {
    echo implode(' ', $calls), "\n";
    $calls = [];
    fwrite($a, 'more');
});
EventLoop::delay(0.04, function () use (&$calls, $a) {
    echo implode(' ', $calls), "\n";
    $calls = [];
    fclose($a);
});
EventLoop::delay(0.06, function () use (&$calls, $b) {
    echo json_encode([$calls[0], feof($b)]), "\n";
    fclose($b);
    EventLoop::stop();
});
EventLoop::run();
?>
--EXPECT--
1234 5678 9
more
["",true]
