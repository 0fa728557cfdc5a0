--TEST--
A lease that lasts longer than leakAfter is reported once, with the stack of who has it; metrics tell
--INI--
log_errors=1
--FILE--
<?php
ini_set('error_log', $log = tempnam(sys_get_temp_dir(), 'leak'));

use Tusk\Pool\Pool;
use function Tusk\{go, run, sleep};

function forgets_it(Pool $pool): void
{
    $lease = $pool->acquire();
    while (!$GLOBALS['done']) {
        sleep(0.005);
    }
}

$done = false;
$pool = new Pool(fn () => new stdClass(), max: 2, leakAfter: 0.02, name: 'orders "main"');
run(function () use ($pool, $log, &$done) {
    $pool->acquire()->release();
    go(fn () => forgets_it($pool));
    while (!str_contains(file_get_contents($log), 'forgets_it')) {
        clearstatcache();
        sleep(0.005);
    }
    sleep(0.05);
    $done = true;
});
$text = file_get_contents($log);
echo substr_count($text, 'may be a leak'), " report\n";
echo preg_match('/orders "main": a connection is lent for [\d.]+ seconds now, which may be a leak\. Lent to coroutine #\d+, which is at .*leak_report\.php:\d+/', $text), "\n";
preg_match_all('/^tusk_pool\w+\{pool="orders \\\\"main\\\\"".*$/m', Tusk\Runtime::metrics(), $lines);
echo implode("\n", preg_replace('/microseconds_total(.*) \d+/', 'microseconds_total$1 N', $lines[0])), "\n";
unlink($log);
?>
--EXPECT--
1 report
1
tusk_pool_connections{pool="orders \"main\"",state="leased"} 0
tusk_pool_connections{pool="orders \"main\"",state="idle"} 1
tusk_pool_connections{pool="orders \"main\"",state="creating"} 0
tusk_pool_connections{pool="orders \"main\"",state="recycling"} 0
tusk_pool_connections{pool="orders \"main\"",state="waiting"} 0
tusk_pool_taken_total{pool="orders \"main\""} 2
tusk_pool_waited_total{pool="orders \"main\""} 0
tusk_pool_wait_microseconds_total{pool="orders \"main\""} N
tusk_pool_created_total{pool="orders \"main\""} 1
tusk_pool_create_failed_total{pool="orders \"main\""} 0
tusk_pool_cancelled_total{pool="orders \"main\""} 0
tusk_pool_refused_total{pool="orders \"main\""} 0
tusk_pool_leaked_total{pool="orders \"main\""} 1
tusk_pool_timed_out_total{pool="orders \"main\"",stage="wait"} 0
tusk_pool_timed_out_total{pool="orders \"main\"",stage="create"} 0
tusk_pool_timed_out_total{pool="orders \"main\"",stage="recycle"} 0
tusk_pool_closed_total{pool="orders \"main\"",why="idle"} 0
tusk_pool_closed_total{pool="orders \"main\"",why="lifetime"} 0
tusk_pool_closed_total{pool="orders \"main\"",why="broken"} 0
tusk_pool_closed_total{pool="orders \"main\"",why="resized"} 0
tusk_pool_closed_total{pool="orders \"main\"",why="drained"} 0
