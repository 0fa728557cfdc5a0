--TEST--
Connections are reset when they come back, checked when they were idle, renewed when they are old
--FILE--
<?php
use Tusk\Pool\Pool;
use function Tusk\{go, run, sleep};

run(function () {
    $log = [];
    $pool = new Pool(
        function () use (&$log) { static $n = 0; $log[] = 'make'; return (object) ['n' => ++$n, 'alive' => true, 'dirty' => false]; },
        max: 1,
        reset: function (object $c) use (&$log) { $log[] = "reset $c->n"; $c->dirty && throw new Exception('cannot'); },
        isAlive: function (object $c) use (&$log) { $log[] = "check $c->n"; return $c->alive; },
        checkAfter: 0.0,
        idleTimeout: null,
        maxLifetime: null,
    );
    $show = function (string $what) use (&$log) {
        sleep(0.005);
        echo "$what: ", implode(', ', $log), "\n";
        $log = [];
    };
    $pool->with(fn () => 0);
    $show('first');
    $pool->with(fn (object $c) => $c->alive = false);
    $show('second');
    $pool->with(fn () => 0);
    $show('dead');
    try {
        $pool->with(fn () => throw new DomainException());
    } catch (DomainException) {
    }
    $show('its user threw');
    $pool->with(fn (object $c) => $c->dirty = true);
    $show('cannot be reset');
    $lease = $pool->acquire();
    $lease->discard();
    $show('discarded');

    // Idle ones above min go, old ones go too, and min is made again.
    $made = 0;
    $pool = new Pool(function () use (&$made) { return ++$made; }, max: 3, min: 1, idleTimeout: 0.02, maxLifetime: null);
    while ($made < 1) {
        sleep(0.001);
    }
    $leases = [$pool->acquire(), $pool->acquire(), $pool->acquire()];
    echo "$made made\n";
    $leases = null;
    while ($pool->stats()['idle'] > 1) {
        sleep(0.005);
    }
    echo json_encode($pool->stats()['closed']), "\n";

    $pool = new Pool(function () use (&$made) { return ++$made; }, max: 1, min: 1, maxLifetime: 0.02, name: 'old');
    while ($pool->stats()['closed']['lifetime'] < 2) {
        sleep(0.005);
    }
    echo "renewed by itself\n";
});
?>
--EXPECT--
first: make, reset 1
second: check 1, reset 1
dead: check 1, make, reset 2
its user threw: check 2, check 2, reset 2
cannot be reset: check 2, reset 2
discarded: make
3 made
{"idle":2,"lifetime":0,"broken":0,"resized":0,"drained":0}
renewed by itself
