--TEST--
Coroutines that wait in PHP streams when the script ends by exit() are unwound, and nothing leaks
--FILE--
<?php
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$server = stream_socket_server('tcp://127.0.0.1:0');

foreach ([
    'read' => fn() => fread($b, 10),
    'second read' => fn() => fgets($b),
    'write' => fn() => fwrite($a, str_repeat('x', 4 << 20)),
    'accept' => fn() => stream_socket_accept($server, 60),
    'select' => function () use ($server) {
        $read = [$server];
        stream_select($read, $none, $none, 60);
    },
    'sleep' => fn() => sleep(60),
] as $name => $waits) {
    Tusk\go(function () use ($name, $waits) {
        try {
            @$waits();
            echo "$name went on\n";
        } finally {
            echo "$name: finally\n";
        }
    });
}
Tusk\sleep(0.01);
fread($b, 1); // lets nobody through: the first reader has it
exit("exit\n");
?>
--EXPECT--
exit
