--TEST--
No call of the area "odbc" blocks, and each gives what plain PHP gives
--CONFLICTS--
all
--SKIPIF--
<?php
require __DIR__ . '/../include/odbc.inc';
skip_without_odbc();
?>
--FILE--
<?php
require __DIR__ . '/../include/odbc.inc';
require __DIR__ . '/harness/run.php';

odbc_servers();
Tusk\Tests\Matrix\run_area(__DIR__ . '/rows/odbc.php');
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
