--TEST--
CONTRACT 12: one reader and one writer per PHP stream; the next wait their turn, first in first out
--FILE--
<?php
function pair(): array
{
    return stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
}

// Readers are served in the order in which they came, also when one comes between the
// wake and the turn of the first.
Tusk\run(function () {
    [$a, $b] = pair();
    for ($i = 1; $i <= 4; $i++) {
        Tusk\go(function () use ($b, $i) {
            echo "reader $i: " . fgets($b);
        });
    }
    Tusk\go(function () use ($a) {
        foreach (['one', 'two', 'three', 'four'] as $word) {
            fwrite($a, "$word\n");
            Tusk\sleep(0.001);
        }
        fclose($a);
    });
});

// A line that comes in parts belongs to one reader; what is read with it goes to the next.
Tusk\run(function () {
    [$a, $b] = pair();
    Tusk\go(function () use ($b) {
        echo 'first: ' . fgets($b);
    });
    Tusk\go(function () use ($b) {
        echo 'second: ' . fgets($b);
        echo 'third: ' . fread($b, 100) . "\n";
    });
    Tusk\go(function () use ($a) {
        fwrite($a, 'be');
        Tusk\sleep(0.001);
        fwrite($a, "gin\nmiddle\nend");
        Tusk\sleep(0.001);
    });
});

// A reader and a writer do not wait for one another.
Tusk\run(function () {
    [$a, $b] = pair();
    Tusk\go(function () use ($a) {
        echo 'answer: ' . fgets($a);
    });
    Tusk\go(function () use ($a) {
        echo 'sent: ' . fwrite($a, "question\n") . "\n";
    });
    Tusk\go(function () use ($b) {
        fwrite($b, strrev(trim(fgets($b))) . "\n");
    });
});

// Large writes are never interleaved.
Tusk\run(function () {
    [$a, $b] = pair();
    foreach (['a', 'b', 'c'] as $letter) {
        Tusk\go(function () use ($a, $letter) {
            if (fwrite($a, str_repeat($letter, 1 << 20)) !== 1 << 20) {
                echo "$letter was not written whole\n";
            }
        });
    }
    Tusk\go(function () use ($b) {
        $got = '';
        while (strlen($got) < 3 << 20) {
            $got .= fread($b, 65536);
        }
        preg_match_all('/a+|b+|c+/', $got, $runs);
        foreach ($runs[0] as $run) {
            echo $run[0], ' × ', strlen($run), "\n";
        }
    });
});

// The wait for the turn counts against the read timeout.
Tusk\run(function () {
    [$a, $b] = pair();
    stream_set_timeout($b, 0, 50000);
    for ($i = 1; $i <= 2; $i++) {
        Tusk\go(function () use ($a, $b, $i) {
            $start = hrtime(true);
            $read = fread($b, 10);
            echo "timeout: ", json_encode($read), ' ', hrtime(true) - $start < 2e9 ? 'in time' : 'late', ' ',
                json_encode(stream_get_meta_data($b)['timed_out']), "\n";
        });
    }
});

// What came with one reader's line belongs to who waits, not to who reads next.
Tusk\run(function () {
    [$a, $b] = pair();
    Tusk\go(function () use ($b) {
        echo 'first: ' . fgets($b);
        echo 'third: ' . fgets($b);
    });
    Tusk\go(function () use ($b) {
        echo 'second: ' . fgets($b);
    });
    Tusk\go(function () use ($a) {
        fwrite($a, "a\nb1");
        Tusk\sleep(0.001);
        fwrite($a, "b2\nc\n");
        Tusk\sleep(0.001);
    });
});

// It is not lost either when who waits gives up.
Tusk\run(function () {
    [$a, $b] = pair();
    Tusk\go(function () use ($b, &$second) {
        echo 'one: ' . fgets($b);
        $second->cancel();
        echo 'all: ' . fgets($b) . fgets($b);
    });
    $second = Tusk\go(function () use ($b) {
        try {
            fgets($b);
        } catch (Tusk\CancelledException) {
            echo "gave up\n";
        }
    });
    Tusk\go(function () use ($a) {
        fwrite($a, "one\ntwo\nthree\n");
        Tusk\sleep(0.001);
    });
});

// One reader reads past PHP's buffer, one through it.
Tusk\run(function () {
    [$a, $b] = pair();
    Tusk\go(function () use ($b) {
        echo 'through the buffer: ' . fread($b, 5) . "\n";
    });
    Tusk\go(function () use ($b) {
        echo 'past it: ' . stream_socket_recvfrom($b, 5) . "\n";
    });
    Tusk\go(function () use ($a) {
        fwrite($a, '12345');
        Tusk\sleep(0.001);
        fwrite($a, '67890');
    });
});
?>
--EXPECT--
reader 1: one
reader 2: two
reader 3: three
reader 4: four
first: begin
second: middle
third: end
sent: 9
answer: noitseuq
a × 1048576
b × 1048576
c × 1048576
timeout: false in time true
timeout: false in time true
first: a
second: b1b2
third: c
one: one
gave up
all: two
three
through the buffer: 12345
past it: 67890
