--TEST--
A stack that is too deep ends the process with a message that names the coroutine and the cure (from PHP 8.3 on with PHP's own)
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
$script = <<<'PHP'
function deep(int $n) { return $n ? array_map('deep', [$n - 1])[0] + 1 : 0; }
Tusk\go('deep', 100000)->join();
echo "must not be reached";
PHP;
$process = proc_open([...Tusk\Tests\php_with_tusk(), '-d', 'tusk.stack_size=256K', '-r', $script], [['file', '/dev/null', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes);
$output = stream_get_contents($pipes[1]);
echo strstr($output, 'must not be reached');
$message = PHP_VERSION_ID < 80300 ? '/Tusk: coroutine #1.*overflowed its C stack.*tusk\.stack_size/' : '/Uncaught Error: Maximum call stack size/';
echo preg_match($message, $output . stream_get_contents($pipes[2])) ? "said so\n" : "silent\n";
echo proc_close($process) !== 0 ? "and ended\n" : "went on\n";
?>
--EXPECT--
said so
and ended
