--TEST--
A pool lends its connections to one coroutine each, in the order in which they came
--FILE--
<?php
use Tusk\Pool\Pool;
use function Tusk\{go, run, sleep};

final class Connection
{
    public static int $made = 0;
    public readonly int $number;
    public int $users = 0;

    public function __construct()
    {
        $this->number = ++self::$made;
    }
}

$pool = new Pool(fn () => new Connection(), max: 3);
$order = $began = [];
run(function () use ($pool, &$order, &$began) {
    for ($i = 0; $i < 12; $i++) {
        go(function () use ($pool, $i, &$order, &$began) {
            $began[] = $i;
            $pool->with(function (Connection $connection) use ($i, &$order) {
                $order[] = $i;
                $connection->users++ === 0 || print("two at once\n");
                sleep(0.001);
                $connection->users--;
            });
        });
    }
});
echo Connection::$made, " made, served in the order in which they came: ";
var_dump($order === $began);

// with() returns what its callable does, and gives back what it throws over.
var_dump($pool->with(fn (Connection $connection) => $connection->number <= 3));
try {
    $pool->with(fn () => throw new DomainException('mine'));
} catch (DomainException $e) {
    echo $e->getMessage(), "\n";
}

$lease = $pool->acquire();
var_dump($lease instanceof Tusk\Pool\Lease, $lease->get() instanceof Connection, $lease->isReleased());
$lease->release();
$lease->release();
var_dump($lease->isReleased());
try {
    $lease->get();
} catch (Tusk\MisuseError $e) {
    echo substr($e->getMessage(), 0, 20), "\n";
}

// A lease that is let go of goes back.
(fn () => $pool->acquire())();
['leased' => $leased, 'idle' => $idle, 'waiting' => $waiting, 'taken' => $taken, 'waited' => $waited] = $pool->stats();
echo "$leased leased, $idle idle, $waiting waiting, $taken taken, $waited waited\n";

// tryAcquire() takes what is idle and makes nothing.
$leases = [$pool->tryAcquire(), $pool->tryAcquire(), $pool->tryAcquire()];
var_dump(count(array_filter($leases)), $pool->tryAcquire(), Connection::$made);
?>
--EXPECT--
3 made, served in the order in which they came: bool(true)
bool(true)
mine
bool(true)
bool(true)
bool(false)
bool(true)
this lease has ended
0 leased, 3 idle, 0 waiting, 16 taken, 9 waited
int(3)
NULL
int(3)
