--TEST--
Coroutines that wait in PHP streams when the script ends by exit() are unwound, and nothing leaks
--FILE--
<?php
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
[$c, $d] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$server = stream_socket_server('tcp://127.0.0.1:0');

foreach ([
    'read' => fn() => fread($b, 10),
    'second read' => fn() => fgets($b),
    'write' => fn() => fwrite($c, str_repeat('x', 4 << 20)),
    'accept' => fn() => stream_socket_accept($server, 60),
    'select' => function () use ($d) {
        $except = [$d];
        stream_select($read, $write, $except, 60);
    },
    'sleep' => fn() => sleep(60),
] as $name => $waits) {
    Tusk\go(function () use ($name, $waits) {
        try {
            @$waits();
            echo "$name went on\n";
        } finally {
            $GLOBALS['ended'][] = $name;
        }
    });
}
Tusk\sleep(0.01);
final class AtTheEnd
{
    public function __destruct()
    {
        $ended = $GLOBALS['ended'] ?? [];
        sort($ended);
        echo implode(', ', $ended), "\n";
    }
}
$atTheEnd = new AtTheEnd();
exit("exit\n");
?>
--EXPECT--
exit
accept, read, second read, select, sleep, write
