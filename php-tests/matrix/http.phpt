--TEST--
No call of the area "http" blocks, and each gives what plain PHP gives
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../include/web.inc';
require __DIR__ . '/harness/run.php';

Tusk\Tests\web_servers();
Tusk\Tests\Matrix\run_area(__DIR__ . '/rows/http.php');
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
