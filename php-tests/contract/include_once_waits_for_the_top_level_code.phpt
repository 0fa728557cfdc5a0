--TEST--
include_once of a file that another coroutine is inside of returns when that file is done
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;

$file = __DIR__ . '/include_once_waits.tmp.php';
file_put_contents($file, '<?php $GLOBALS["runs"]++; turns(30); function from_file() { return "complete"; } $GLOBALS["done"] = true;');
$runs = 0;
$done = false;
// A conditional function exists only once the line was executed.
file_put_contents($file, str_replace('function from_file() { return "complete"; }', 'if (true) { function from_file() { return "complete"; } }', file_get_contents($file)));

$all = [];
foreach (['include_once', 'require_once', 'require_once'] as $how) {
    $all[] = go(function () use ($how, $file) {
        $how === 'include_once' ? include_once $file : require_once $file;
        return "$how: " . (function_exists('from_file') ? from_file() : 'half') . ' ' . var_export($GLOBALS['done'], true);
    });
}
foreach ($all as $c) {
    echo $c->join(), "\n";
}
echo "runs: $runs\n";
?>
--CLEAN--
<?php
@unlink(__DIR__ . '/include_once_waits.tmp.php');
?>
--EXPECT--
include_once: complete true
require_once: complete true
require_once: complete true
runs: 1
