--TEST--
10,000 random operations against a count, for several seeds
--FILE--
<?php
use Tusk\{CancelledException, TimeoutException, WaitGroup};
foreach ([1, 2, 3] as $seed) {
    mt_srand($seed);
    $group = new WaitGroup();
    $count = 0;
    $wrong = [];
    $went_on = 0;
    $coroutines = [];
    for ($operation = 0; $operation < 10_000; $operation++) {
        switch (mt_rand(0, 7)) {
            case 0:
                $group->add($more = mt_rand(0, 2));
                $count += $more;
                break;
            case 1: case 2:
                if ($count) {
                    $group->done();
                    $count--;
                } else {
                    try { $group->done(); $wrong[] = 'done() below zero'; } catch (Tusk\MisuseError) {}
                }
                break;
            case 3: case 4:
                $timeout = mt_rand(0, 2) ? null : mt_rand(0, 2) / 2000;
                $zero_before = $count === 0;
                $coroutines[] = Tusk\go(function () use ($group, $timeout, &$count, &$wrong, &$went_on) {
                    try {
                        $group->wait($timeout);
                        $went_on++;
                        // It was woken at zero, and looked again: nothing may be left now.
                        if ($count !== 0) { $wrong[] = "went on at $count"; }
                    } catch (TimeoutException) {
                        if ($count === 0) { $wrong[] = 'timed out at zero'; }
                    } catch (CancelledException) {
                    }
                });
                break;
            case 5:
                if ($coroutines && !mt_rand(0, 3)) {
                    $index = array_rand($coroutines);
                    $coroutines[$index]->cancel();
                    unset($coroutines[$index]);
                }
                break;
            default:
                mt_rand(0, 60) ? Tusk\sleep(0) : Tusk\sleep(0.0005);
        }
    }
    while ($count) {
        $group->done();
        $count--;
    }
    Tusk\sleep(0.002);
    echo json_encode(array_count_values($wrong)), ' ', $went_on > 500 ? 'many' : $went_on, ' went on, ', count(Tusk\Coroutine::all()), " coroutine\n";
}
?>
--EXPECT--
[] many went on, 1 coroutine
[] many went on, 1 coroutine
[] many went on, 1 coroutine
