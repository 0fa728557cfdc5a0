--TEST--
CONTRACT 9, 10: a cancelled wait ends at once, whatever it waits in; the PHP stream looks reset
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../include/socket_compare.php';
error_reporting(0);

function pair(): array
{
    return stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
}

function cancelled(string $name, callable $waits, ?callable $after = null): void
{
    Tusk\run(function () use ($name, $waits, $after) {
        $end = 'returned';
        $coroutine = Tusk\go(function () use ($waits, &$end) {
            try {
                $waits();
            } catch (Tusk\CancelledException) {
                $end = 'cancelled';
            } finally {
                $end .= ', finally';
            }
        });
        Tusk\sleep(0.002);
        $start = hrtime(true);
        $coroutine->cancel();
        Tusk\sleep(0.002);
        echo "$name: $end", hrtime(true) - $start < 2e9 ? '' : ' late', $after ? ' ' . json_encode($after()) : '', "\n";
    });
}

[$a, $b] = pair();
cancelled('fread', fn() => fread($b, 10), fn() => [feof($b), fwrite($a, 'x')]);
[$a, $b] = pair();
cancelled('fgets in the middle', function () use ($a, $b) {
    fwrite($a, 'half');
    fgets($b);
});
[$a, $b] = pair();
cancelled('fwrite', fn() => fwrite($a, str_repeat('x', 4 << 20)));
[$a, $b] = pair();
cancelled('stream_select', function () use ($b) {
    $read = [$b];
    stream_select($read, $none, $none, null);
});
[$a, $b] = pair();
cancelled('recvfrom', fn() => stream_socket_recvfrom($b, 10));
cancelled('sleep', fn() => sleep(5));
cancelled('usleep', fn() => usleep(5000000));
cancelled('time_nanosleep', fn() => time_nanosleep(5, 0));
cancelled('time_sleep_until', fn() => time_sleep_until(microtime(true) + 5));

[$server, $address] = listening();
cancelled('accept', fn() => stream_socket_accept($server, 5), function () use ($server, $address) {
    $client = stream_socket_client("tcp://$address");
    return is_resource(stream_socket_accept($server, 5));
});
cancelled('TLS handshake', fn() => stream_socket_client("ssl://$address", $errno, $error, 5));
[$full, $unanswered] = listening(['socket' => ['backlog' => 0]]);
for ($i = 0; $i < 3; $i++) {
    $kept[] = stream_socket_client("tcp://$unanswered", $errno, $error, 0.05);
}
cancelled('connect', fn() => stream_socket_client("tcp://$unanswered", $errno, $error, 5));

// Who waits behind a cancelled reader is served; who is cancelled in the queue is left out.
Tusk\run(function () {
    [$a, $b] = pair();
    $readers = [];
    for ($i = 1; $i <= 4; $i++) {
        $readers[$i] = Tusk\go(function () use ($b, $i) {
            try {
                echo "reader $i: " . fgets($b);
            } catch (Tusk\CancelledException) {
                echo "reader $i was cancelled\n";
            }
        });
    }
    Tusk\sleep(0.001);
    $readers[3]->cancel();
    $readers[1]->cancel();
    Tusk\sleep(0.001);
    fwrite($a, "one\ntwo\n");
});

// A deadline around a call that has none.
Tusk\run(function () {
    [$a, $b] = pair();
    try {
        Tusk\timeout(0.02, fn() => fread($b, 10));
    } catch (Tusk\TimeoutException) {
        echo "timeout\n";
    }
});
?>
--EXPECT--
fread: cancelled, finally [true,1]
fgets in the middle: cancelled, finally
fwrite: cancelled, finally
stream_select: cancelled, finally
recvfrom: cancelled, finally
sleep: cancelled, finally
usleep: cancelled, finally
time_nanosleep: cancelled, finally
time_sleep_until: cancelled, finally
accept: cancelled, finally true
TLS handshake: cancelled, finally
connect: cancelled, finally
reader 3 was cancelled
reader 1 was cancelled
reader 2: one
reader 4: two
timeout
