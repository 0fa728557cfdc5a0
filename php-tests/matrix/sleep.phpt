--TEST--
No call of the area "sleep" blocks, and each gives what plain PHP gives
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/harness/run.php';

Tusk\Tests\Matrix\run_area(__DIR__ . '/rows/sleep.php', together: true);
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
