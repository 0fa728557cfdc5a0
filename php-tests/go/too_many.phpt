--TEST--
Beyond tusk.max_coroutines go() throws, and works again when some have ended
--INI--
tusk.max_coroutines=10
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
$coroutines = [];
try {
    while (true) {
        $coroutines[] = Tusk\go(fn () => Tusk\sleep(0));
    }
} catch (Tusk\OverloadedException $e) {
    echo count($coroutines), ' and the main script; ', $e->getMessage(), "\n";
}
attempt('run()', fn () => Tusk\run(fn () => 1));
attempt('timeout()', fn () => Tusk\timeout(1, fn () => 1));
foreach ($coroutines as $coroutine) {
    $coroutine->join();
}
echo Tusk\go(fn () => 'works again')->join(), "\n";
?>
--EXPECT--
9 and the main script; cannot spawn a coroutine: 10 coroutines are alive, the limit tusk.max_coroutines; wait for some to finish, or raise the setting
run(): Tusk\OverloadedException: cannot spawn a coroutine: 10 coroutines are alive, the limit tusk.max_coroutines; wait for some to finish, or raise the setting
timeout(): Tusk\OverloadedException: cannot spawn a coroutine: 10 coroutines are alive, the limit tusk.max_coroutines; wait for some to finish, or raise the setting
works again
