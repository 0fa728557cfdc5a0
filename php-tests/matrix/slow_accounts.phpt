--TEST--
No call of the area "slow_accounts" blocks, and each gives what plain PHP gives
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/harness/run.php';

Tusk\Tests\Matrix\run_area(__DIR__ . '/rows/slow_accounts.php', together: true);
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
