--TEST--
A failure nobody joins becomes a warning with its spawn site, once
--FILE--
<?php
set_error_handler(function (int $level, string $message) {
    echo $level === E_WARNING ? 'warning' : $level, ': ', str_replace(__DIR__, '', $message), "\n";
    return true;
});
Tusk\go(function () {
    throw new LogicException('nobody cares');
});
Tusk\sleep(0);
echo "it was reported when it ended\n";
$kept = Tusk\go(fn () => throw new LogicException('kept'));
Tusk\sleep(0.001);
echo "not reported while somebody could still join\n";
$kept = null;
$joined = Tusk\go(fn () => throw new LogicException('joined late'));
Tusk\sleep(0.001);
try {
    $joined->join();
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
$joined = null;
$cancelled = Tusk\go(fn () => Tusk\sleep(1));
Tusk\sleep(0);
$cancelled->cancel();
$cancelled = null;
Tusk\sleep(0.001);
echo "one that was cancelled did what it was asked to\n";
Tusk\go(fn () => throw new Tusk\CancelledException('of its own'));
Tusk\sleep(0);
$global = Tusk\go(fn () => throw new LogicException('at the end of the script'));
?>
--EXPECTF--
warning: Uncaught LogicException in coroutine #1: nobody cares in /%s:7. The coroutine was spawned at /%s:6 and nobody joined it; join() it or catch inside it
it was reported when it ended
not reported while somebody could still join
warning: Uncaught LogicException in coroutine #2: kept in /%s:11. The coroutine was spawned at /%s:11 and nobody joined it; join() it or catch inside it
joined late
one that was cancelled did what it was asked to
warning: Uncaught Tusk\CancelledException in coroutine #5: of its own in /%s:29. The coroutine was spawned at /%s:29 and nobody joined it; join() it or catch inside it
warning: Uncaught LogicException in coroutine #6: at the end of the script in /%s:31. The coroutine was spawned at /%s:31 and nobody joined it; join() it or catch inside it
