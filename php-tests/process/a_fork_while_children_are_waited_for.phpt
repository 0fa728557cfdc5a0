--TEST--
A fork while coroutines wait for any child and for one: the child has neither waits nor children, and the parent's go on
--EXTENSIONS--
pcntl
posix
--FILE--
<?php
require __DIR__ . '/../include/children.inc';
use function Tusk\Tests\{idle_child, waited_for};
use function Tusk\go;

$idle = idle_child();
$wait = static fn (int $pid): Tusk\Coroutine => go(static function () use ($pid): array {
    $result = pcntl_waitpid($pid, $status);
    return waited_for($result, $status);
});
// Stops and ends: what nobody hears of as long as the child lives.
$one = $wait($idle);
Tusk\sleep(0);
$pid = pcntl_fork();
if ($pid === 0) {
    var_dump(count(Tusk\Coroutine::all()), pcntl_waitpid(-1, $status), pcntl_get_last_error() === PCNTL_ECHILD);
    $own = idle_child();
    $any = $wait(-1);
    Tusk\sleep(0);
    posix_kill($own, SIGTERM);
    var_dump($any->join() === [$own, SIGTERM, 0]);
    exit(3);
}
// The wait for any begins after the fork and is told of the child of the fork.
$any = $wait(-1);
var_dump($any->join() === [$pid, null, 0]);
// Now it is armed during a fork.
$any = $wait(-1);
Tusk\sleep(0);
$pid = pcntl_fork();
if ($pid === 0) {
    exit(4);
}
var_dump($any->join() === [$pid, null, 0]);
posix_kill($idle, SIGKILL);
var_dump($one->join() === [$idle, SIGKILL, 0]);
?>
--EXPECT--
int(1)
int(-1)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
