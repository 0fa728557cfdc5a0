--TEST--
A lease that is freed in a destructor or by the collector goes back, and its reset runs elsewhere
--DESCRIPTION--
workerman#1116: on PHP 8.2 and 8.3 returning a connection in a destructor threw "Cannot switch fibers".
--FILE--
<?php
use Tusk\Pool\Pool;
use function Tusk\{go, run, sleep};

final class Holder
{
    public ?Holder $self = null;

    public function __construct(public ?Tusk\Pool\Lease $lease)
    {
    }

    public function __destruct()
    {
        $this->lease = null;
    }
}

$resets = 0;
$pool = new Pool(fn () => new stdClass(), max: 1, reset: function () use (&$resets) {
    sleep(0.001);
    $resets++;
});
run(function () use ($pool, &$resets) {
    go(function () use ($pool) {
        $holder = new Holder($pool->acquire());
        unset($holder);
        // Taken again at once: by who waits, after the reset.
        $pool->acquire();
    })->join();
    sleep(0.01);
    echo "$resets resets\n";

    $holder = new Holder($pool->acquire());
    $holder->self = $holder;
    unset($holder);
    gc_collect_cycles();
    $pool->acquire()->release();
    sleep(0.01);
    echo "$resets resets\n";
});
echo $pool->stats()['leased'], " leased, ", $pool->stats()['created'], " created\n";
?>
--EXPECT--
2 resets
4 resets
0 leased, 1 created
