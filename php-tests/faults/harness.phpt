--TEST--
The fault sweep finds what is wrong on purpose
--EXTENSIONS--
pcntl
posix
--FILE--
<?php
require __DIR__ . '/harness/faults.php';

ob_start();
Tusk\Tests\Faults\run_faults(__DIR__ . '/rows/wrong.php');
$text = ob_get_clean();
preg_match_all('/^(.*): \w+ differs: plain PHP/m', $text, $found);
echo implode("\n", $found[1]), "\n", strrchr(trim($text), "\n"), "\n";
?>
--EXPECT--
another failure, 0 descriptors left
a descriptor left open, 1 descriptors left
another answer, server 1
one of many fails, 20 at once
a child that gets something else, while the process forks

5 rows
