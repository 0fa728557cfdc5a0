--TEST--
Readers, writers, closes, selects and cancels of a few PHP streams by many coroutines: all end, no byte is lost or doubled
--FILE--
<?php
error_reporting(0);
$seed = (int) (getenv('TUSK_SEED') ?: 20261121);
$rounds = (int) (getenv('TUSK_ROUNDS') ?: 40);
mt_srand($seed);

// Chaos: anything may happen to a pair; every coroutine must end.
function chaos(): int
{
    $streams = [];
    for ($i = 0; $i < 3; $i++) {
        [$streams[], $streams[]] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    }
    foreach ($streams as $stream) {
        stream_set_timeout($stream, 0, 30000);
    }
    $ended = 0;
    $coroutines = [];
    for ($i = 0; $i < 30; $i++) {
        $action = mt_rand(0, 11);
        // Of different pairs: copying one end to the other would never end.
        $stream = $streams[$from = mt_rand(0, 5)];
        $other = $streams[($from - $from % 2 + mt_rand(2, 5)) % 6];
        $victim = mt_rand(0, 29);
        $pause = mt_rand(0, 5) / 1000;
        $coroutines[$i] = Tusk\go(function () use (&$ended, &$coroutines, $action, $stream, $other, $victim, $pause) {
            try {
                Tusk\sleep($pause);
                match ($action) {
                    0, 1 => fread($stream, 100),
                    2 => fgets($stream),
                    3 => stream_get_line($stream, 1000, ';'),
                    4, 5 => fwrite($stream, "line\n;" . str_repeat('x', 50)),
                    6 => fwrite($stream, str_repeat("y\n", 300000)),
                    7 => fclose($stream),
                    8 => stream_copy_to_stream($stream, $other),
                    9 => (function () use ($stream, $other) {
                        $read = [$stream, $other];
                        $write = $except = null;
                        stream_select($read, $write, $except, 0, 20000);
                    })(),
                    10 => $coroutines[$victim]->cancel(),
                    11 => stream_socket_recvfrom($stream, 50, STREAM_PEEK) && feof($other),
                };
            } catch (TypeError | ValueError | Tusk\CancelledException) {
            } finally {
                $ended++;
            }
        });
    }
    // Nobody waits for ever for a datagram that never comes.
    Tusk\sleep(0.05);
    foreach ($streams as $stream) {
        if (is_resource($stream)) {
            stream_socket_shutdown($stream, STREAM_SHUT_RDWR);
        }
    }
    return $ended;
}

for ($round = 0; $round < $rounds; $round++) {
    Tusk\run('chaos');
}
echo "all ended\n";

// Order: many write records, many read them; each record arrives once and whole.
Tusk\run(function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $sent = $got = [];
    for ($i = 0; $i < 20; $i++) {
        Tusk\go(function () use ($a, $i, &$sent) {
            for ($k = 0; $k < 20; $k++) {
                $sent[] = $record = "$i.$k " . str_repeat(chr(65 + $i), mt_rand(1, 60000));
                fwrite($a, "$record\n");
                if (mt_rand(0, 3) === 0) {
                    Tusk\sleep(0);
                }
            }
        });
        Tusk\go(function () use ($b, &$got) {
            for ($k = 0; $k < 20; $k++) {
                $got[] = trim(fgets($b));
                if (mt_rand(0, 3) === 0) {
                    Tusk\sleep(0);
                }
            }
        });
    }
    while (count($got) < 400) {
        Tusk\sleep(0.001);
    }
    sort($sent);
    sort($got);
    echo count($got), ' records, ', $sent === $got ? 'each once and whole' : 'torn', "\n";
});
?>
--EXPECT--
all ended
400 records, each once and whole
