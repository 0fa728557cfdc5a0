--TEST--
The watchdog says nothing of waits that suspend, of a script alone, when it is off, and in a child
--EXTENSIONS--
pcntl
--INI--
tusk.block_warn=0.02
--FILE--
<?php
function watchers(): int
{
    // By number: PHP resolves /proc/self once, and a child is another process.
    $tasks = array_diff(scandir('/proc/' . getmypid() . '/task'), ['.', '..']);
    $names = array_map(fn ($task) => trim((string) @file_get_contents('/proc/' . getmypid() . "/task/$task/comm")), $tasks);
    return count(array_filter($names, fn ($name) => $name === 'tusk-watchdog'));
}
// A thread does so when it first runs.
function name_themselves(): void
{
    for ($until = hrtime(true) + 10e9; watchers() === 0 && hrtime(true) < $until;) {
        usleep(1000);
    }
}
echo watchers(), " while there is no coroutine\n";
usleep(60_000);
echo count(Tusk\Runtime::blocked()), " alone\n";
$all = [Tusk\go(fn () => usleep(100_000)), Tusk\go(fn () => shell_exec('sleep 0.1'))];
name_themselves();
echo watchers(), " with coroutines\n";
foreach ($all as $one) {
    $one->join();
}
usleep(60_000);
echo count(Tusk\Runtime::blocked()), " after waits\n";
$pid = pcntl_fork();
if ($pid === 0) {
    echo watchers(), " and ", count(Tusk\Runtime::blocked()), " in a child\n";
    Tusk\go(name_themselves(...))->join();
    echo watchers(), " with a coroutine of its own\n";
    exit;
}
pcntl_waitpid($pid, $status);
echo "status $status\n";
$names = 'foreach (scandir("/proc/self/task") as $t) echo $t[0] === "." ? "" : file_get_contents("/proc/self/task/$t/comm");';
$off = shell_exec(getenv('TUSK_PHP') . " -d tusk.block_warn=0 -r 'Tusk\go(fn () => usleep(1000)); Tusk\sleep(0.01); $names'");
echo substr_count($off, 'tusk-'), " when it is off\n";
try {
    Tusk\Runtime::blocked(1);
} catch (ArgumentCountError $error) {
    echo $error->getMessage(), "\n";
}
foreach (['-1', 'soon', '5000', '0.0001', ''] as $wrong) {
    echo strstr((string) shell_exec(getenv('TUSK_PHP') . " -d tusk.block_warn='$wrong' -r 'echo ini_get(\"tusk.block_warn\");' 2>&1"), 'expected'), "\n";
}
?>
--EXPECT--
0 while there is no coroutine
0 alone
1 with coroutines
0 after waits
0 and 0 in a child
1 with a coroutine of its own
status 0
0 when it is off
Tusk\Runtime::blocked() expects exactly 0 arguments, 1 given
expected 0, or 0.001 to 3600 (seconds). The previous value stays in Unknown on line 0
0.1
expected 0, or 0.001 to 3600 (seconds). The previous value stays in Unknown on line 0
0.1
expected 0, or 0.001 to 3600 (seconds). The previous value stays in Unknown on line 0
0.1
expected 0, or 0.001 to 3600 (seconds). The previous value stays in Unknown on line 0
0.1
expected 0, or 0.001 to 3600 (seconds). The previous value stays in Unknown on line 0
0.1
