--TEST--
The child of a fork forgets the connections of its parent without a goodbye, and makes its own
--EXTENSIONS--
pcntl
posix
--FILE--
<?php
use Tusk\Pool\Pool;
use function Tusk\{go, run, sleep};

final class Connection
{
    public readonly int $process;

    public function __construct()
    {
        $this->process = getmypid();
    }

    public function __destruct()
    {
        getmypid() === $this->process || print("a goodbye from the child\n");
    }
}

run(function () {
    $pool = new Pool(fn () => (object) ['inner' => new Connection()], max: 2, waitTimeout: 5.0);
    $lease = $pool->acquire();
    $other = go(function () use ($pool) {
        $mine = $pool->acquire();
        sleep(100);
    });
    while ($pool->stats()['leased'] < 2) {
        sleep(0);
    }
    $waiting = go(fn () => $pool->acquire()->get()->inner->process);
    sleep(0);
    $child = pcntl_fork();
    if ($child === 0) {
        // The lease is the parent's, and so is the other one that was lent.
        var_dump($lease->isReleased(), $pool->stats()['leased'], $pool->stats()['waiting']);
        $own = $pool->acquire();
        var_dump($own->get()->inner->process === getmypid());
        $own->release();
        unset($lease, $own, $pool);
        gc_collect_cycles();
        exit(0);
    }
    pcntl_waitpid($child, $status);
    echo 'child: ', pcntl_wexitstatus($status), "\n";
    var_dump($lease->isReleased(), $pool->stats()['leased']);
    $lease->release();
    var_dump($waiting->join() === getmypid());
    $other->cancel();
});
?>
--EXPECT--
bool(true)
int(0)
int(0)
bool(true)
child: 0
bool(false)
int(2)
bool(true)
