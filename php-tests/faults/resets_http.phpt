--TEST--
A peer that resets an HTTP connection gives what it gives in plain PHP, in every state
--FILE--
<?php
require __DIR__ . '/harness/faults.php';
require __DIR__ . '/harness/servers.php';

Tusk\Tests\Faults\web();
Tusk\Tests\Faults\run_faults(__DIR__ . '/rows/resets_http.php');
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
