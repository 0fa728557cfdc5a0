--TEST--
The script ends while coroutines have connections and wait for some, and the pool's memory comes back
--FILE--
<?php
use Tusk\Pool\Pool;
use function Tusk\{go, run, sleep};

// A pool that refers to itself is freed by the collector, with its connections.
final class Connection
{
    public static int $freed = 0;

    public function __destruct()
    {
        self::$freed++;
    }
}
$round = function () {
    $pool = null;
    $pool = new Pool(function () use (&$pool) { return new Connection(); }, max: 2);
    $pool->acquire()->release();
};
$round();
gc_collect_cycles();
echo Connection::$freed, " freed\n";
$before = memory_get_usage();
for ($i = 0; $i < 200; $i++) {
    $round();
}
gc_collect_cycles();
echo Connection::$freed, " freed, ", memory_get_usage() - $before < 20_000 ? 'no' : 'some', " memory is left\n";

$pool = new Pool(fn () => new stdClass(), max: 1);
go(function () use ($pool) {
    try {
        $lease = $pool->acquire();
        sleep(100);
    } finally {
        echo "holder unwinds\n";
    }
});
go(function () use ($pool) {
    try {
        $pool->acquire();
    } finally {
        echo "waiter unwinds\n";
    }
});
sleep(0);
register_shutdown_function(fn () => print("shutdown\n"));
exit(0);
?>
--EXPECT--
1 freed
201 freed, no memory is left
shutdown
holder unwinds
waiter unwinds
