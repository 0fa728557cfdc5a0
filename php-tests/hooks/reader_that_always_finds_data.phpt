--TEST--
Who reads a socket that always has data lets others run
--FILE--
<?php
[$from, $to] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
stream_set_read_buffer($from, 0);
fwrite($to, str_repeat('x', 100_000));
$turns = 0;
$reading = true;
Tusk\go(function () use (&$turns, &$reading) {
    while ($reading) {
        $turns++;
        Tusk\sleep(0);
    }
});
Tusk\go(function () use ($from, &$turns, &$reading) {
    $before = $turns;
    $read = 0;
    while ($read < 100_000) {
        $read += strlen(fread($from, 100)); // never waits: it is all there
    }
    $reading = false;
    echo $read, ' bytes, ', $turns > $before ? "others ran\n" : "nobody else ran\n";
})->join();
?>
--EXPECT--
100000 bytes, others ran
