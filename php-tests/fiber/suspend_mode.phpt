--TEST--
tusk.fiber_mode=suspend: start() of somebody's own Fiber returns when a hooked call in it waits, and the loop's waits let it go on
--INI--
tusk.fiber_mode=suspend
--FILE--
<?php
/** A loop by hand: until it is so. */
function loop_until(callable $so): void
{
    while (!$so()) {
        usleep(500);
    }
}

echo "-- values\n";
$make = static fn (string $name) => new Fiber(static function () use ($name, &$slept): string {
    usleep(1000);
    $slept[$name] = true;
    $got = Fiber::suspend("for nobody");
    usleep(1000);
    return "$name got " . json_encode($got);
});
[$a, $b] = [$make('a'), $make('b')];
var_dump($a->start(), $b->start());
echo json_encode([$a->isStarted(), $a->isSuspended(), $a->isTerminated()]), "\n";
foreach (['resume', 'throw'] as $method) {
    try {
        $a->$method($method === 'throw' ? new LogicException('lost') : 'lost');
    } catch (FiberError $error) {
        echo "$method: ", $error->getMessage(), "\n";
    }
}
loop_until(static fn () => $a->isSuspended() && $b->isSuspended());
var_dump($b->resume('B'), $a->resume('A'));
loop_until(static fn () => $a->isTerminated() && $b->isTerminated());
echo $a->getReturn(), ', ', $b->getReturn(), "\n";

echo "-- throw() into Fiber::suspend(), after a wait\n";
$fiber = new Fiber(static function (): void {
    usleep(100);
    try {
        Fiber::suspend();
    } catch (LogicException $e) {
        usleep(100);
        throw new RuntimeException('after ' . $e->getMessage());
    }
});
$fiber->start();
loop_until(static fn () => $fiber->isSuspended());
$fiber->throw(new LogicException('the first'));
try {
    loop_until(static fn () => $fiber->isTerminated());
} catch (RuntimeException $e) {
    echo 'the loop\'s wait throws: ', $e->getMessage(), "\n";
}

echo "-- stream_select() ends early for it\n";
[$mine, $other] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$fiber = new Fiber(static function () use ($other): void {
    usleep(1000);
    echo "in between\n";
    usleep(1000);
    fwrite($other, 'x');
});
$fiber->start();
for ($turns = 1; ; $turns++) {
    [$read, $write, $except] = [[$mine], [], []];
    if (stream_select($read, $write, $except, 30) === 1) {
        break;
    }
}
echo $turns > 1 ? "several turns\n" : "one turn\n";
loop_until(static fn () => $fiber->isTerminated());

echo "-- nobody holds it while it waits\n";
$over = false;
(new Fiber(static function () use (&$over): void {
    try {
        usleep(1000);
        gc_collect_cycles();
        echo "goes on\n";
    } finally {
        $over = true;
    }
}))->start();
gc_collect_cycles();
loop_until(static function () use (&$over): bool { return $over; });

echo "-- destroyed in Fiber::suspend(): finally may wait\n";
$fiber = new Fiber(static function (): void {
    usleep(100);
    try {
        Fiber::suspend();
    } finally {
        usleep(1000);
        echo "slept in finally\n";
    }
});
$fiber->start();
loop_until(static fn () => $fiber->isSuspended());
unset($fiber);
gc_collect_cycles();
echo "gone\n";

echo "-- an identity of its own\n";
$fiber = new Fiber(static function () use (&$numbers, &$own): void {
    $own = Tusk\Coroutine::current();
    Tusk\Coroutine::defer(static function (): void { echo "deferred\n"; });
    $numbers[] = $own->id();
    usleep(100);
    $numbers[] = Tusk\Coroutine::current()->id();
});
$fiber->start();
echo str_contains(Tusk\Runtime::dump(), 'waits in usleep()') ? "in the dump\n" : Tusk\Runtime::dump();
loop_until(static fn () => $fiber->isTerminated());
echo json_encode([count(array_unique($numbers)), $numbers[0] !== Tusk\Coroutine::current()->id(), $own->isDone()]), "\n";

echo "-- cancelled\n";
$fiber = new Fiber(static function () use (&$own): void {
    $own = Tusk\Coroutine::current();
    try {
        Tusk\sleep(100);
    } catch (Tusk\CancelledException) {
        echo "asked to stop\n";
    }
});
$fiber->start();
$own->cancel();
loop_until(static fn () => $fiber->isTerminated());

echo "-- with a coroutine, over a channel\n";
$channel = new Tusk\Channel(0);
$sender = Tusk\go(static function () use ($channel): void {
    foreach ([1, 2, 3] as $number) {
        $channel->send($number);
    }
    $channel->close();
});
$fiber = new Fiber(static function () use ($channel): void {
    foreach ($channel as $number) {
        echo $number, ' ';
    }
    echo "\n";
});
$fiber->start();
loop_until(static fn () => $fiber->isTerminated());

echo "-- nested: who starts a Fiber in a Fiber goes on, too\n";
$outer = new Fiber(static function () use (&$order): void {
    $inner = new Fiber(static function () use (&$order): void {
        usleep(1000);
        $order[] = 'inner';
    });
    $inner->start();
    $order[] = 'outer';
    usleep(5000);
});
$outer->start();
$order[] = 'main';
loop_until(static function () use ($outer, &$order): bool { return $outer->isTerminated() && count($order) === 3; });
echo implode(' ', $order), "\n";

echo "-- the mode is asked at each start\n";
ini_set('tusk.fiber_mode', 'transparent');
$fiber = new Fiber(static function (): string {
    usleep(1000);
    return Fiber::suspend('a value');
});
var_dump($fiber->start());
ini_set('tusk.fiber_mode', 'suspend');
echo "-- in a coroutine start() waits\n";
echo Tusk\go(static fn () => (new Fiber(static function (): void {
    usleep(1000);
    Fiber::suspend('a value');
}))->start())->join(), "\n";

echo "-- what the settings refuse\n";
var_dump(@ini_set('tusk.fiber_mode', 'other'), ini_get('tusk.fiber_mode'));

echo "-- the end of the script\n";
$waits = new Fiber(static function (): void {
    usleep(1000);
    echo "is waited for\n";
});
$waits->start();
$parked = new Fiber(static function (): void {
    usleep(100);
    try {
        Fiber::suspend();
    } finally {
        echo "unwound\n";
    }
});
$parked->start();
?>
--EXPECT--
-- values
NULL
NULL
[true,false,false]
resume: Cannot resume a fiber that is not suspended: it waits in a call that Tusk makes suspend, and goes on when that returns (tusk.fiber_mode)
throw: Cannot resume a fiber that is not suspended: it waits in a call that Tusk makes suspend, and goes on when that returns (tusk.fiber_mode)
NULL
NULL
a got "A", b got "B"
-- throw() into Fiber::suspend(), after a wait
the loop's wait throws: after the first
-- stream_select() ends early for it
in between
several turns
-- nobody holds it while it waits
goes on
-- destroyed in Fiber::suspend(): finally may wait
slept in finally
gone
-- an identity of its own
in the dump
deferred
[1,true,true]
-- cancelled
asked to stop
-- with a coroutine, over a channel
1 2 3 
-- nested: who starts a Fiber in a Fiber goes on, too
outer main inner
-- the mode is asked at each start
string(7) "a value"
-- in a coroutine start() waits
a value
-- what the settings refuse
bool(false)
string(7) "suspend"
-- the end of the script
is waited for
unwound
