--TEST--
Looking up a name in a coroutine that was cancelled throws the cancel again
--DESCRIPTION--
It failed as if the name server were overloaded: a loop that tries again, with no other wait in it, never ended.
--EXTENSIONS--
sockets
--FILE--
<?php
$calls = [
    'fsockopen' => fn () => fsockopen('name.invalid', 80),
    'stream_socket_client' => fn () => stream_socket_client('tcp://name.invalid:80'),
    'file_get_contents' => fn () => file_get_contents('http://name.invalid/'),
    'stream_socket_server' => fn () => stream_socket_server('tcp://name.invalid:0'),
    'gethostbyname' => fn () => gethostbyname('name.invalid'),
    'dns_get_record' => fn () => dns_get_record('name.invalid', DNS_A),
    'socket_addrinfo_lookup' => fn () => socket_addrinfo_lookup('name.invalid', '80'),
    'socket_connect' => fn () => socket_connect(socket_create(AF_INET, SOCK_STREAM, SOL_TCP), 'name.invalid', 80),
];
$coroutine = Tusk\go(function () use ($calls) {
    try {
        Tusk\sleep(60);
    } catch (Tusk\CancelledException) {
        echo "cancelled\n";
    }
    foreach ($calls as $name => $call) {
        $tries = 0;
        try {
            while (!@$call() && ++$tries < 3);
            echo "$name: no exception, $tries tries\n";
        } catch (Tusk\CancelledException) {
            echo "$name: cancelled again", $tries ? ", after $tries tries" : '', "\n";
        }
    }
});
Tusk\sleep(0);
$coroutine->cancel();
$coroutine->join();
?>
--EXPECT--
cancelled
fsockopen: cancelled again
stream_socket_client: cancelled again
file_get_contents: cancelled again
stream_socket_server: cancelled again
gethostbyname: cancelled again
dns_get_record: cancelled again
socket_addrinfo_lookup: cancelled again
socket_connect: cancelled again
