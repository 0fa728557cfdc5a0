--TEST--
No call of the area "caches" blocks, and each gives what plain PHP gives
--CONFLICTS--
all
--SKIPIF--
<?php
require __DIR__ . '/../include/caches.inc';
skip_without_caches();
?>
--FILE--
<?php
require __DIR__ . '/../include/caches.inc';
require __DIR__ . '/harness/run.php';

cache_servers();
Tusk\Tests\Matrix\run_area(__DIR__ . '/rows/caches.php');
?>
--EXPECTF--
%r(?:skipped: [^\n]*\n)*%r%d rows
