--TEST--
A watch calls back while its PHP stream can be read or written
--FILE--
<?php
use Tusk\EventLoop;
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
stream_set_blocking($a, false);
$watch = EventLoop::onReadable($a, function ($stream) use (&$watch, $a) {
    var_dump($stream === $a);
    $data = fread($stream, 100);
    echo json_encode($data), "\n";
    if ($data === '' && feof($stream)) {
        var_dump(EventLoop::cancelWatch($watch), EventLoop::cancelWatch($watch));
        EventLoop::stop();
    }
});
fwrite($b, 'one');
EventLoop::delay(0.002, fn () => fwrite($b, 'two'));
EventLoop::delay(0.004, fn () => fclose($b));
$writable = EventLoop::onWritable($a, function () use (&$writable) {
    echo "writable\n";
    EventLoop::cancelWatch($writable);
});
EventLoop::run();
echo Tusk\Runtime::stats()['watches'], " watches\n";
?>
--EXPECT--
bool(true)
"one"
writable
bool(true)
"two"
bool(true)
""
bool(true)
bool(false)
0 watches
