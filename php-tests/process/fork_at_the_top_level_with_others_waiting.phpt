--TEST--
Forks of the main script, one after the other: ring and timers start anew in each
--EXTENSIONS--
pcntl
--FILE--
<?php
Tusk\go(function () { Tusk\sleep(60); });
Tusk\sleep(0.001);
$children = [];
for ($i = 0; $i < 5; $i++) {
    $pid = pcntl_fork();
    if ($pid === 0) {
        [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        Tusk\go(function () use ($b, $i) {
            Tusk\sleep(0.002);
            fwrite($b, chr(10 + $i));
        });
        $read = ord(fread($a, 1));
        $sum = 0;
        $group = new Tusk\WaitGroup();
        $group->add(10);
        for ($j = 0; $j < 10; $j++) {
            Tusk\go(function () use (&$sum, $group) { Tusk\sleep(0.001); $sum++; $group->done(); });
        }
        $group->wait();
        exit($read + $sum);
    }
    $children[$pid] = 20 + $i;
}
foreach ($children as $pid => $expected) {
    pcntl_waitpid($pid, $status);
    echo pcntl_wifexited($status) ? pcntl_wexitstatus($status) : 'killed by ' . pcntl_wtermsig($status), " expected $expected\n";
}
exit(0);
?>
--EXPECT--
20 expected 20
21 expected 21
22 expected 22
23 expected 23
24 expected 24
