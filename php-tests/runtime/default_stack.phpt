--TEST--
2,000 nested calls through C fit into a stack of the default size
--FILE--
<?php
function deep(int $n) { return $n ? array_map('deep', [$n - 1])[0] + 1 : (Tusk\sleep(0.001) ?? 0); }
echo Tusk\go('deep', 2000)->join(), "\n";
?>
--EXPECT--
2000
