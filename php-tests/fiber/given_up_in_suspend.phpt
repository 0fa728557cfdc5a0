--TEST--
Who gives up waiting for a coroutine in Fiber::suspend() gets its exception, though nothing else is under way
--DESCRIPTION--
The process hung, and computed all the while.
--FILE--
<?php
foreach ([
    'timeout' => fn () => Tusk\timeout(0.01, fn () => Fiber::suspend()),
    'run' => fn () => Tusk\run(function () {
        Tusk\go(fn () => Fiber::suspend());
    }),
    'run of one that does not return' => fn () => Tusk\run(fn () => Fiber::suspend()),
    'parallel' => fn () => Tusk\parallel([fn () => Fiber::suspend(), fn () => throw new Exception('a failure')]),
    'scope' => fn () => Tusk\Scope::run(function ($scope) {
        $scope->go(fn () => Fiber::suspend());
    }),
    'one that does not let go' => fn () => Tusk\timeout(0.01, function () {
        foreach ([1, 2, 3] as $_) {
            try {
                Fiber::suspend();
            } catch (Throwable $e) {
            } finally {
                echo 'finally after ', $e::class, "\n";
            }
        }
    }),
] as $what => $call) {
    try {
        $call();
        echo "$what: returned\n";
    } catch (Throwable $e) {
        echo "$what: ", $e::class, ': ', strstr($e->getMessage() . ',', ',', true), "\n";
    }
}
?>
--EXPECT--
timeout: Tusk\TimeoutException: Tusk\timeout() of 0.01 seconds timed out
run: Tusk\MisuseError: deadlock: Tusk\run() can never end
run of one that does not return: Tusk\MisuseError: deadlock: Tusk\run() can never end
parallel: Exception: a failure
scope: Tusk\MisuseError: deadlock: Scope::run() can never end
finally after Tusk\CancelledException
finally after Tusk\CancelledException
finally after Tusk\CancelledException
one that does not let go: Tusk\TimeoutException: Tusk\timeout() of 0.01 seconds timed out
