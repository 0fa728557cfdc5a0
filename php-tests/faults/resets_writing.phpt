--TEST--
A peer that resets the connection amid a write gives what it gives in plain PHP
--FILE--
<?php
require __DIR__ . '/harness/faults.php';
require __DIR__ . '/harness/servers.php';

Tusk\Tests\Faults\web();
Tusk\Tests\Faults\run_faults(__DIR__ . '/rows/resets_writing.php');
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
