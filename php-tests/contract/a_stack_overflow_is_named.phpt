--TEST--
A coroutine that outgrows its C stack ends the process with a message that says which one and what to do
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
use function Tusk\Tests\php_with_tusk;

function run(string $code): array
{
    $process = proc_open([...php_with_tusk(), '-d', 'display_errors=1', '-r', $code],
        [['file', '/dev/null', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes);
    $output = stream_get_contents($pipes[1]);
    $errors = stream_get_contents($pipes[2]);
    do {
        $status = proc_get_status($process);
    } while ($status['running']);
    return [$output, $errors, $status['signaled'] || $status['exitcode'] !== 0];
}
$deep = 'function deep(int $n) { return $n === 0 ? "bottom" : array_map("deep", [$n - 1])[0]; }';
[$output] = run($deep . 'echo Tusk\go(fn () => deep(200))->join();');
echo $output, "\n";
[$output, $errors, $failed] = run($deep . 'Tusk\go(fn () => deep(1000000))->join(); echo "survived";');
// PHP 8.3 and later watch the stack themselves, and throw before it is used up.
[$named, $cure] = PHP_VERSION_ID >= 80300 ? ['Maximum call stack size', 'Infinite recursion']
    : ['overflowed its C stack', 'tusk.stack_size'];
var_dump($failed, str_contains($output . $errors, $named), str_contains($output . $errors, $cure));
?>
--EXPECT--
bottom
bool(true)
bool(true)
bool(true)
