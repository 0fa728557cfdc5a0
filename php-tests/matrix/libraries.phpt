--TEST--
No call of the area "libraries" blocks, and each gives what plain PHP gives
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../include/ldap.inc';
require __DIR__ . '/harness/run.php';

putenv('TUSK_LDAP=' . Tusk\Tests\ldap_server());
Tusk\Tests\Matrix\run_area(__DIR__ . '/rows/libraries.php');
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
