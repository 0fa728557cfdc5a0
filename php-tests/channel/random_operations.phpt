--TEST--
10,000 random operations against a plain list, for several seeds and capacities
--FILE--
<?php
use Tusk\{CancelledException, Channel, MisuseError, TimeoutException};
/* The model: values in the order in which send() returned, or in which a receiver took them
 * when that was earlier. No value twice, none lost, per sender in order. */
function history(int $seed, int $capacity, int $operations): string
{
    mt_srand($seed);
    $channel = new Channel($capacity);
    $sent = $kept = $received = $last = [];
    $coroutines = [];
    $next = 0;
    for ($operation = 0; $operation < $operations; $operation++) {
        switch (mt_rand(0, 9)) {
            case 0: case 1: case 2:
                $value = $next++;
                $timeout = mt_rand(0, 3) ? null : mt_rand(0, 3) / 2000;
                $coroutines[] = Tusk\go(function () use ($channel, $value, $timeout, &$sent, &$kept) {
                    try {
                        $channel->send($value, $timeout);
                        $sent[$value] = true;
                    } catch (CancelledException | TimeoutException) {
                        $kept[$value] = true;
                    }
                });
                break;
            case 3: case 4: case 5:
                $timeout = mt_rand(0, 3) ? null : mt_rand(0, 3) / 2000;
                $coroutines[] = Tusk\go(function () use ($channel, $timeout, &$received) {
                    try {
                        $received[] = $channel->receive($timeout);
                    } catch (CancelledException | TimeoutException | MisuseError) {
                    }
                });
                break;
            case 6: case 7:
                if ($coroutines) {
                    $index = array_rand($coroutines);
                    $coroutines[$index]->cancel();
                    unset($coroutines[$index]);
                }
                break;
            case 8:
                Tusk\sleep(0);
                break;
            case 9:
                mt_rand(0, 40) ? Tusk\sleep(0) : Tusk\sleep(0.0005);
        }
        if (count($coroutines) > 200) {
            $coroutines = array_filter($coroutines, fn ($coroutine) => !$coroutine->isDone());
        }
    }
    // The rest: enough receivers for all that still send.
    do {
        $before = count($received);
        try {
            while (true) {
                $received[] = $channel->receive(0.001);
            }
        } catch (TimeoutException) {
        }
    } while (count($received) > $before);
    foreach ($coroutines as $coroutine) {
        $coroutine->cancel();
    }
    Tusk\sleep(0.001);
    if (count($received) !== count(array_flip($received))) {
        return 'a value was received twice';
    }
    if ($lost = array_diff_key($sent, array_flip($received))) {
        return 'lost ' . json_encode(array_keys($lost));
    }
    if ($both = array_intersect_key($kept, array_flip($received))) {
        return 'kept and received ' . json_encode(array_keys($both));
    }
    if (count($sent) + count($kept) + 0 > $next || count($channel)) {
        return 'more than there was';
    }
    return count($sent) > $operations / 50 ? 'ok' : 'hardly anything was sent: ' . count($sent);
}
foreach ([0, 1, 3] as $capacity) {
    foreach ([1, 2, 3] as $seed) {
        echo history($seed, $capacity, 10_000), "\n";
    }
}
echo count(Tusk\Coroutine::all()), " coroutine\n";
?>
--EXPECT--
ok
ok
ok
ok
ok
ok
ok
ok
ok
1 coroutine
