--TEST--
CONTRACT 16: a peer's close reaches the event loop while the handler of its request is suspended
--FILE--
<?php
use Tusk\EventLoop;

$server = stream_socket_server('tcp://127.0.0.1:0');
stream_set_blocking($server, false);
$handled = $closed = null;

EventLoop::onReadable($server, function ($server) use (&$handled, &$closed) {
    $connection = stream_socket_accept($server, 0);
    stream_set_blocking($connection, false);
    $watch = EventLoop::onReadable($connection, function ($connection) use (&$watch, &$handled, &$closed) {
        $text = fread($connection, 65536);
        if ($text === '' || $text === false) {
            if (feof($connection)) {
                echo "closed\n";
                EventLoop::cancelWatch($watch);
                fclose($connection);
                $closed = true;
            }
            return;
        }
        echo "handler of $text begins\n";
        while (!$closed) {
            usleep(1000); // suspends: the loop goes on
        }
        echo "handler of $text ends\n";
        EventLoop::stop();
    });
});
Tusk\go(function () use ($server) {
    $client = stream_socket_client('tcp://' . stream_socket_get_name($server, false));
    fwrite($client, 'request');
    Tusk\sleep(0.01);
    fclose($client);
});
EventLoop::run();
?>
--EXPECT--
handler of request begins
closed
handler of request ends
