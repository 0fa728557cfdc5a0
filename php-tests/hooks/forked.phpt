--TEST--
CONTRACT 14: in the child of a fork nobody waits in a PHP stream any more
--EXTENSIONS--
pcntl
--FILE--
<?php
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);

for ($i = 0; $i < 3; $i++) {
    $readers[] = Tusk\go(function () use ($b) {
        stream_set_timeout($b, 5);
        return fgets($b);
    });
}
Tusk\sleep(0.001);
stream_set_timeout($b, 0, 20000);
$child = pcntl_fork();
if ($child === 0) {
    // The parent's coroutines had the lane, and a queue for it.
    $answers = [fread($b, 10), stream_get_meta_data($b)['timed_out']];
    Tusk\go(fn() => Tusk\sleep(0.001));
    $answers[] = fread($b, 10);
    $read = [$b];
    $answers[] = stream_select($read, $none, $none, 0, 1000);
    fclose($b);
    fclose($a);
    echo 'child: ', json_encode($answers), "\n";
    exit;
}
pcntl_waitpid($child, $status);
fwrite($a, "1\n2\n3\n");
foreach ($readers as $reader) {
    echo 'parent: ', $reader->join();
}
?>
--EXPECT--
child: [false,true,false,0]
parent: 1
parent: 2
parent: 3
