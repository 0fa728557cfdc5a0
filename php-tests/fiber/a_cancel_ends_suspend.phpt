--TEST--
A coroutine in Fiber::suspend() is cancelled like one in any other wait, while others go on
--DESCRIPTION--
It stayed there. Who had given up waiting for it, in Tusk\timeout() for one, waited for ever.
--EXTENSIONS--
pcntl
--FILE--
<?php
use Tusk\Coroutine;
use function Tusk\go;

function show(Throwable $e): void
{
    echo $e::class, ': ', $e->getMessage(), ', line ', $e->getLine(), "\n";
}
/** Lets a coroutine begin: it is in Fiber::suspend() then. */
function begun(callable $function): Coroutine
{
    $coroutine = go($function);
    Tusk\sleep(0);
    return $coroutine;
}

$over = false;
$busy = go(function () use (&$over) {
    while (!$over) {
        Tusk\sleep(0.001);
    }
});

echo "-- cancelled\n";
$one = begun(function () {
    try {
        Fiber::suspend();
    } finally {
        echo "its finally\n";
    }
});
$one->cancel();
echo "who cancels goes on\n";
try {
    $one->join();
} catch (Tusk\CancelledException $e) {
    show($e);
    echo $e->getTraceAsString(), "\n";
}

echo "-- caught, and thrown again\n";
$one = begun(function () {
    for ($i = 0; $i < 3; $i++) {
        try {
            Fiber::suspend();
        } catch (Tusk\CancelledException $e) {
            show($e);
        }
    }
    return 'its result';
});
$one->cancel();
echo $one->join(), "\n";

echo "-- in a shield\n";
$one = begun(fn () => Coroutine::shield(function () {
    try {
        Fiber::suspend();
    } catch (Tusk\CancelledException) {
        echo "at its end\n";
    }
}, 0.02));
$one->cancel();
$one->join();
try {
    Tusk\timeout(0.001, fn () => Coroutine::shield(function () {
        Fiber::suspend();
    }, 0.02));
} catch (Tusk\TimeoutException $e) {
    show($e);
}

echo "-- a finally block that waits holds up nobody else\n";
$order = new Tusk\Channel(2);
$both = [];
foreach ([1, 2] as $i) {
    $both[] = begun(function () use ($i, $order) {
        try {
            Fiber::suspend();
        } finally {
            // The first waits for what the second sends.
            Coroutine::shield(fn () => $i === 1 ? print($order->receive() . "\n") : $order->send('sent by the second'), 30);
        }
    });
}
foreach ($both as $one) {
    $one->cancel();
}
foreach ($both as $one) {
    try {
        $one->join();
    } catch (Tusk\CancelledException) {
    }
}

echo "-- scopes\n";
try {
    Tusk\Scope::run(fn ($scope) => $scope->go(fn () => Fiber::suspend()), timeout: 0.001);
} catch (Tusk\TimeoutException $e) {
    show($e);
}
try {
    Tusk\parallel([fn () => Fiber::suspend(), fn () => throw new Exception('a failure')]);
} catch (Exception $e) {
    show($e);
}

echo "-- resumed as before\n";
$fiber = null;
$one = begun(function () use (&$fiber) {
    $fiber = Fiber::getCurrent();
    return Fiber::suspend() . Fiber::suspend();
});
$fiber->resume('a');
$fiber->resume('b');
echo $one->join(), "\n";
$over = true;
$busy->join();

echo "-- the child of a fork\n";
go(function () {
    $pid = pcntl_fork();
    if ($pid === 0) {
        try {
            Fiber::suspend();
        } finally {
            echo "nobody can resume it: unwound\n";
        }
        echo "not reached\n";
    }
    pcntl_waitpid($pid, $status);
    echo 'status ', pcntl_wexitstatus($status), "\n";
})->join();
?>
--EXPECTF--
-- cancelled
who cancels goes on
its finally
Tusk\CancelledException: the coroutine was cancelled, line %d
#0 %s(%d): Fiber::suspend()
#1 [internal function]: {closure%S}()
#2 {main}
-- caught, and thrown again
Tusk\CancelledException: the coroutine was cancelled, line %d
Tusk\CancelledException: the coroutine was cancelled, line %d
Tusk\CancelledException: the coroutine was cancelled, line %d
its result
-- in a shield
at its end
Tusk\TimeoutException: Tusk\timeout() of 0.001 seconds timed out, line %d
-- a finally block that waits holds up nobody else
sent by the second
-- scopes
Tusk\TimeoutException: Scope::run() reached its deadline; what was still running has been cancelled, line %d
Exception: a failure, line %d
-- resumed as before
ab
-- the child of a fork
nobody can resume it: unwound
status 0
