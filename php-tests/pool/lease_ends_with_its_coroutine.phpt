--TEST--
A lease goes back when its coroutine ends, whatever ended it, and whoever still holds the object
--DESCRIPTION--
hyperf#6611 and php-async#207: a connection that a coroutine took was held longer than it was needed.
--FILE--
<?php
use Tusk\{CancelledException, Coroutine};
use Tusk\Pool\Pool;
use function Tusk\{go, run, sleep};

$kept = [];
$pool = new Pool(fn () => new stdClass(), max: 1, waitTimeout: 5.0);
$free = function (string $how) use ($pool) {
    ['leased' => $leased, 'idle' => $idle] = $pool->stats();
    echo "$how: $leased leased, $idle idle\n";
};
run(function () use ($pool, $free, &$kept) {
    go(function () use ($pool, &$kept) { $kept[] = $pool->acquire(); })->join();
    $free('returned');

    try {
        go(function () use ($pool, &$kept) {
            $kept[] = $pool->acquire();
            throw new DomainException();
        })->join();
    } catch (DomainException) {
    }
    $free('threw');

    $cancelled = go(function () use ($pool, &$kept) {
        $kept[] = $pool->acquire();
        sleep(100);
    });
    sleep(0);
    $free('waits');
    // Whoever waits for the connection of a coroutine that is cancelled gets another.
    $waiter = go(fn () => $pool->acquire()->isReleased());
    sleep(0);
    $cancelled->cancel();
    var_dump($waiter->join());
    $free('cancelled');

    // The coroutine of a finally block that waits is not over.
    $coroutine = go(function () use ($pool, &$kept) {
        $kept[] = $pool->acquire();
        try {
            sleep(100);
        } finally {
            Coroutine::shield(fn () => sleep(0), 1.0);
            echo 'in finally: ', $pool->stats()['leased'], " leased\n";
        }
    });
    sleep(0);
    $coroutine->cancel();
    try {
        $coroutine->join();
    } catch (CancelledException) {
    }
    $free('unwound');

    // A lease may be handed to somebody else, and given back there.
    $lease = go(function () use ($pool) {
        $lease = $pool->acquire();
        go(fn () => $lease->release())->join();
        return $lease;
    })->join();
    var_dump($lease->isReleased());
});
foreach ($kept as $lease) {
    $lease->isReleased() || print("still lent\n");
}
$free('at last');
?>
--EXPECT--
returned: 0 leased, 1 idle
threw: 0 leased, 1 idle
waits: 1 leased, 0 idle
bool(false)
cancelled: 0 leased, 1 idle
in finally: 1 leased
unwound: 0 leased, 0 idle
bool(true)
at last: 0 leased, 1 idle
