--TEST--
A wait for children that is cancelled takes nobody; what a cancelled proc_close() left is nobody's child
--EXTENSIONS--
pcntl
posix
--FILE--
<?php
require __DIR__ . '/../include/children.inc';
use function Tusk\Tests\{idle_child, waited_for};
use function Tusk\go;

$how = static function (Tusk\Coroutine $one): string {
    try {
        return json_encode($one->join());
    } catch (Tusk\CancelledException) {
        return 'cancelled';
    }
};
// While it waits, and in the moment in which the child ends.
foreach ([false, true] as $ends) {
    foreach ([-1, 0, 'pid'] as $for) {
        $child = idle_child();
        $waiting = go(static function () use ($for, $child): array {
            $result = pcntl_waitpid($for === 'pid' ? $child : $for, $status);
            return waited_for($result, $status);
        });
        Tusk\sleep(0);
        if ($ends) {
            posix_kill($child, SIGKILL);
        }
        $waiting->cancel();
        $told = $how($waiting);
        if (!$ends) {
            posix_kill($child, SIGKILL);
        }
        // Either the cancelled one has it, or it is still there; it is never lost.
        $left = pcntl_waitpid($child, $status);
        var_dump($told === 'cancelled' ? $left === $child : $told === "[$child,9,0]" && $left === -1);
    }
}

// The child of a proc_close() that was cancelled is not told to who waits for any.
$process = proc_open(['sleep', '60'], [], $pipes);
$child = proc_get_status($process)['pid'];
$close = go(static fn (): int => proc_close($process));
unset($process);
Tusk\sleep(0);
$close->cancel();
echo $how($close), "\n";
$any = go(static function (): array {
    $result = pcntl_wait($status);
    return waited_for($result, $status);
});
Tusk\sleep(0);
posix_kill($child, SIGKILL);
var_dump($any->join() === [-1, null, PCNTL_ECHILD]);

// Destroyed while it waits: the script ends, and does not wait for the child.
$child = idle_child();
go(static function () use ($child): void {
    try {
        pcntl_waitpid(-1, $status);
    } finally {
        posix_kill($child, SIGKILL);
        echo "at the end\n";
    }
});
Tusk\sleep(0);
exit;
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
cancelled
bool(true)
at the end
