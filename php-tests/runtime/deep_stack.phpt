--TEST--
1,500 nested calls through C, as many as in a Fiber, fit into a stack of 1 MiB (1,300 of PHP 8.3 and later, which keeps a reserve)
--INI--
tusk.stack_size=1M
--FILE--
<?php
function deep(int $n) { return $n ? array_map('deep', [$n - 1])[0] + 1 : (Tusk\sleep(0.001) ?? 0); }
$depth = PHP_DEBUG ? 500 : (PHP_VERSION_ID < 80300 ? 1500 : 1300); // frames of debug builds are larger
foreach ([1, 2, 3] as $_) { $coroutines[] = Tusk\go("deep", $depth); }
foreach ($coroutines as $coroutine) { echo $coroutine->join() - $depth, "\n"; }
function user(int $n) { return $n ? user($n - 1) + 1 : (Tusk\sleep(0.001) ?? 0); }
foreach ([1, 2] as $_) { $users[] = Tusk\go('user', 20000); }
foreach ($users as $coroutine) { echo $coroutine->join(), "\n"; }
?>
--EXPECT--
0
0
0
20000
20000
