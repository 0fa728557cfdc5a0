--TEST--
A child forked in a coroutine keeps only that coroutine; the parent keeps all
--EXTENSIONS--
pcntl
posix
--FILE--
<?php
[$mine, $theirs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$parent = getmypid();
$say = function (string $text) use ($parent, $theirs): void {
    fwrite($theirs, (getmypid() === $parent ? 'parent: ' : 'child: ') . "$text\n");
};
Tusk\go(function () use ($say) {
    try {
        Tusk\sleep(0.05);
        $say('the other goes on');
    } finally {
        $say('the other ends');
    }
});
$forked = Tusk\go(function () use ($say) {
    Tusk\sleep(0.001);
    $pid = pcntl_fork();
    if ($pid === 0) {
        Tusk\sleep(0.01);
        $say('sleeps');
        Tusk\go(fn () => $say('spawns'))->join();
        $say('has ' . count(Tusk\Coroutine::all()) . ' coroutine');
        exit(3);
    }
    Tusk\sleep(0.01);
    pcntl_waitpid($pid, $status);
    $say('its child ended with ' . pcntl_wexitstatus($status));
});
$forked->join();
Tusk\sleep(0.1);
fclose($theirs);
$lines = explode("\n", trim(stream_get_contents($mine)));
sort($lines);
echo implode("\n", $lines), "\n";
?>
--EXPECT--
child: has 1 coroutine
child: sleeps
child: spawns
parent: its child ended with 3
parent: the other ends
parent: the other goes on
