--TEST--
CONTRACT 6: from PHP 8.4 on a destructor may wait; where the garbage collector calls it, hooks make PHP's own calls
--SKIPIF--
<?php
if (PHP_VERSION_ID < 80400) {
    die('skip PHP 8.2 and 8.3 forbid a switch in every destructor');
}
?>
--FILE--
<?php
class Waits
{
    public ?Waits $self = null;

    public function __construct(private string $name)
    {
    }

    public function __destruct()
    {
        echo "$this->name begins\n";
        Tusk\sleep(0.001);
        usleep(1000);
        echo "$this->name has waited\n";
    }
}

class Suspends extends Waits
{
    public function __destruct()
    {
        echo "the Fiber of the collector is suspended: ", get_class(Fiber::getCurrent()), "\n";
        Fiber::suspend();
        echo "never\n";
    }
}

function garbage(Waits $waits): void
{
    $waits->self = $waits;
}

Tusk\run(function () {
    $other = Tusk\go(function () {
        echo "another coroutine\n";
    });
    $object = new Waits('a dropped object');
    unset($object);
    $other->join();

    // In a coroutine the engine gives the collector a Fiber for destructors.
    for ($i = 0; $i < 2; $i++) {
        $other = Tusk\go(function () {
            echo "another coroutine\n";
        });
        garbage(new Waits('garbage'));
        gc_collect_cycles();
        $other->join();
    }

    // PHP's own Fibers switch in there as they do without Tusk.
    garbage(new Suspends('suspended garbage'));
    garbage(new Waits('garbage behind it'));
    gc_collect_cycles();
});

// And in the main script.
$other = Tusk\go(function () {
    echo "another coroutine\n";
});
garbage(new Waits("the main script's garbage"));
gc_collect_cycles();
$other->join();
echo "end\n";
?>
--EXPECT--
a dropped object begins
another coroutine
a dropped object has waited
garbage begins
garbage has waited
another coroutine
garbage begins
garbage has waited
another coroutine
the Fiber of the collector is suspended: Fiber
garbage behind it begins
garbage behind it has waited
the main script's garbage begins
the main script's garbage has waited
another coroutine
end
