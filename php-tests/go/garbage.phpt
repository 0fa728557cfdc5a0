--TEST--
What refers to itself through a coroutine is collected
--FILE--
<?php
class Node { public $other; public $coroutine; public function __destruct() { echo "collected\n"; } }
(function () {
    $node = new Node();
    $node->coroutine = Tusk\go(fn () => $node);
    $node->coroutine->join();
})();
gc_collect_cycles();
echo "after the result\n";
(function () {
    $node = new Node();
    $node->coroutine = Tusk\go(function () use ($node) { throw new Exception('x'); });
    try { $node->coroutine->join(); } catch (Exception) {}
})();
gc_collect_cycles();
echo "after the failure\n";
(function () {
    $channel = new Tusk\Channel(1);
    $node = new Node();
    $node->other = $channel;
    $channel->send($node);
})();
gc_collect_cycles();
echo "after the channel\n";
?>
--EXPECT--
collected
after the result
collected
after the failure
collected
after the channel
