--TEST--
A pool is made larger and smaller while it is used, and is closed when the last has come back
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';

use Tusk\Pool\Pool;
use function Tusk\{go, run, sleep};
use function Tusk\Tests\attempt;

run(function () {
    $pool = new Pool(fn () => new stdClass(), max: 1);
    $held = $pool->acquire();
    $waiting = go(fn () => $pool->acquire());
    sleep(0);
    echo $pool->stats()['waiting'], " waits\n";
    $pool->resize(2, 1);
    $second = $waiting->join();
    echo 'larger: ', $pool->stats()['created'], " created\n";
    $pool->resize(1);
    $held->release();
    echo 'smaller: ', json_encode($pool->stats()['closed']), "\n";

    $held = $pool->acquire();
    $waiting = go(fn () => attempt('who waited', fn () => $pool->acquire()));
    $closing = go(fn () => $pool->close());
    $waiting->join();
    attempt('who came later', fn () => $pool->acquire());
    var_dump($closing->isDone());
    attempt('not yet', fn () => $pool->close(0.001));
    $held->release();
    var_dump($closing->join(), $pool->close());
    echo json_encode($pool->stats()['closed']), "\n";
});
?>
--EXPECT--
1 waits
larger: 2 created
smaller: {"idle":0,"lifetime":0,"broken":0,"resized":1,"drained":0}
who waited: Tusk\MisuseError: pool was closed: nobody can take a connection any more
who came later: Tusk\MisuseError: pool was closed: nobody can take a connection any more
bool(false)
not yet: false
bool(true)
bool(true)
{"idle":0,"lifetime":0,"broken":0,"resized":1,"drained":1}
