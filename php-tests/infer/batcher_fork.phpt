--TEST--
Batcher: the child of a fork has none of its parent's items, and a working batcher
--EXTENSIONS--
pcntl
--FILE--
<?php
use Tusk\Channel;
use Tusk\Infer\Batcher;
use function Tusk\go;
$gate = new Channel();
$batcher = new Batcher(function ($list) use ($gate) {
    if ($list[0][0] === 'slow') { $gate->receive(); }
    return $list;
}, maxBatch: 2, maxDelay: 0.0, instances: 1);
$running = go(fn () => $batcher->infer(['slow']));
Tusk\sleep(0);
$waiting = go(fn () => $batcher->infer(['waits']));
Tusk\sleep(0);
$child = pcntl_fork();
if (!$child) {
    echo 'child ', json_encode($batcher->infer(['of the child'])), ' ', $batcher->stats()['queued'], "\n";
    exit(0);
}
pcntl_waitpid($child, $status);
$gate->send(true);
echo 'parent ', json_encode([$running->join(), $waiting->join()]), ' ', pcntl_wexitstatus($status), "\n";
?>
--EXPECT--
child ["of the child"] 0
parent [["slow"],["waits"]] 0
