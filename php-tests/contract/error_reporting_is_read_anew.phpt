--TEST--
A coroutine begins with the error_reporting that is set, also when a later value has the memory of the former
--FILE--
<?php
$levels = [];
for ($level = 32000; $level < 32200; $level++) {
    error_reporting($level);
    $levels[] = Tusk\go(error_reporting(...))->join() === $level;
}
var_dump(array_unique($levels));
?>
--EXPECT--
array(1) {
  [0]=>
  bool(true)
}
