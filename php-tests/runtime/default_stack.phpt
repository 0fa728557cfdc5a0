--TEST--
2,000 nested calls through C fit into a stack of the default size (1,750 of PHP 8.3 and later, which keeps a reserve)
--FILE--
<?php
function deep(int $n) { return $n ? array_map('deep', [$n - 1])[0] + 1 : (Tusk\sleep(0.001) ?? 0); }
$depth = PHP_DEBUG ? 700 : (PHP_VERSION_ID < 80300 ? 2000 : 1750); // frames of debug builds are larger
echo Tusk\go('deep', $depth)->join() - $depth, "\n";
?>
--EXPECT--
0
