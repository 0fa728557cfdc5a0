--TEST--
More calls at once than threads wait, and none fails
--FILE--
<?php
require __DIR__ . '/harness/faults.php';

Tusk\Tests\Faults\run_faults(__DIR__ . '/rows/crowds.php');
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
