--TEST--
Every stage of taking a connection ends at the deadline and says which it was
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';

use Tusk\Pool\Pool;
use Tusk\TimeoutException;
use function Tusk\{go, run, sleep};

$stage = function (callable $take): void {
    try {
        $take();
        echo "no timeout\n";
    } catch (TimeoutException $e) {
        echo preg_replace('/ Lent to: .*? Hold/', ' Lent to: ... Hold', $e->getMessage()), "\n";
    }
};
run(function () use ($stage) {
    $pool = new Pool(fn () => new stdClass(), max: 1, name: 'db');
    $held = go(function () use ($pool) {
        $lease = $pool->acquire();
        sleep(100);
    });
    sleep(0);
    $stage(fn () => $pool->acquire(0.02));
    // The deadline of one who waits does not touch the next.
    $late = go(fn () => $stage(fn () => $pool->acquire(0.02)));
    $next = go(fn () => get_class($pool->acquire(30)->get()));
    $late->join();
    $held->cancel();
    echo $next->join(), "\n";
    echo json_encode($pool->stats()['timed_out']), "\n";

    // A connect that gets no answer.
    $pool = new Pool(fn () => sleep(100), max: 1);
    $stage(fn () => $pool->acquire(0.02));
    echo json_encode($pool->stats()['timed_out']), ' ', $pool->stats()['creating'], " creating\n";

    // A check that gets no answer: the connection is given up.
    $dead = false;
    $made = 0;
    $pool = new Pool(
        function () use (&$made, &$dead) {
            $dead && sleep(100);
            return ++$made;
        },
        max: 1,
        isAlive: function () use (&$dead) {
            $dead && sleep(100);
            return true;
        },
        checkAfter: 0.0,
    );
    $pool->acquire()->release();
    echo $pool->acquire()->get(), "\n";
    $dead = true;
    $stage(fn () => $pool->acquire(0.02));
    $dead = false;
    echo $pool->acquire()->get(), ' after ', $pool->stats()['closed']['broken'], " broken\n";
});
?>
--EXPECT--
db: no connection became free within 0.02 seconds (stage: wait): 1 of at most 1 are lent, 0 wait. Lent to: ... Hold a connection only while it is used, or raise max
db: no connection became free within 0.02 seconds (stage: wait): 1 of at most 1 are lent, 1 wait. Lent to: ... Hold a connection only while it is used, or raise max
stdClass
{"wait":2,"create":0,"recycle":0}
pool: no connection could be made within 0.02 seconds (stage: create): the server did not answer
{"wait":0,"create":1,"recycle":0} 0 creating
1
pool: the deadline passed (stage: recycle): the connection did not answer a check in time
2 after 1 broken
