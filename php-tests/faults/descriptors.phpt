--TEST--
A process without descriptors gives what plain PHP gives, and goes on when it has some
--FILE--
<?php
require __DIR__ . '/harness/faults.php';
require __DIR__ . '/harness/servers.php';

Tusk\Tests\Faults\web();
Tusk\Tests\Faults\run_faults(__DIR__ . '/rows/descriptors.php');
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
