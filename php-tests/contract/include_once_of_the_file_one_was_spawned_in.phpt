--TEST--
include_once of the file that spawned the coroutine is a recursion and returns at once
--FILE--
<?php
$file = __DIR__ . '/include_once_spawned.tmp.php';
file_put_contents($file, <<<'PHP'
<?php
echo "top\n";
$child = Tusk\go(function () {
    $start = hrtime(true);
    var_dump(require_once __FILE__);
    Tusk\go(function () { var_dump(require_once __FILE__); })->join();
    echo hrtime(true) - $start < 5e9 ? "at once\n" : "waited\n";
});
$child->join();
echo "bottom\n";
PHP);
require_once $file;
Tusk\go(function () use ($file) { require_once $file; })->join();
?>
--CLEAN--
<?php
@unlink(__DIR__ . '/include_once_spawned.tmp.php');
?>
--EXPECT--
top
bool(true)
bool(true)
at once
bottom
