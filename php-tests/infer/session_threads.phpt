--TEST--
Session: one pool of threads in the process, as many as the setting says, on the CPUs it says, and they do not spin
--SKIPIF--
<?php
require __DIR__ . "/../include/onnx.inc"; Tusk\Tests\skip_without_onnx();
preg_match('/^Cpus_allowed_list:\s+0-[1-9]/m', file_get_contents('/proc/self/status')) || exit('skip needs CPUs 0 and 1');
?>
--INI--
tusk.onnx_threads=3
tusk.onnx_cpus="1;1"
--FILE--
<?php
require __DIR__ . '/../include/onnx.inc';
use function Tusk\Tests\onnx_add;
use Tusk\Infer\Session;
/** Threads of this process: their CPUs, and ticks of CPU time they took. */
function threads(): array
{
    $all = [];
    foreach (glob('/proc/self/task/*') as $task) {
        preg_match('/^Cpus_allowed_list:\s+(\S+)/m', (string) @file_get_contents("$task/status"), $cpus);
        preg_match('/\) (.*)/', (string) @file_get_contents("$task/stat"), $stat);
        if ($cpus && $stat) {
            $fields = explode(' ', $stat[1]);
            $all[basename($task)] = [$cpus[1], $fields[11] + $fields[12]];
        }
    }
    return $all;
}
$bound = fn () => array_filter(threads(), fn ($thread) => $thread[0] === '0');
echo count($bound()), "\n";
$one = new Session(onnx_add());
$two = new Session(onnx_add());
// Three threads are two beside the one that calls; ONNX Runtime counts CPUs from 1.
$pool = $bound();
echo count($pool), "\n";
for ($i = 0; $i < 20; $i++) {
    $one->run(['a' => [[1]], 'b' => [[$i]]]);
    $two->run(['a' => [[1]], 'b' => [[$i]]]);
}
// While nothing runs, they take no time: a thread that spins would take all of the second.
$before = array_sum(array_column($bound(), 1));
Tusk\sleep(1.0);
$after = $bound();
echo count($after), ' ', array_sum(array_column($after, 1)) - $before < 30 ? 'idle' : 'spinning', "\n";
?>
--EXPECT--
0
2
2 idle
