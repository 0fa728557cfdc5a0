--TEST--
Batcher: random items, cancels, deadlines and failing batches; every item ends exactly once
--FILE--
<?php
require __DIR__ . '/random_operations.php';
echo json_encode(histories(18_000)), "\n";
?>
--EXPECT--
[]
