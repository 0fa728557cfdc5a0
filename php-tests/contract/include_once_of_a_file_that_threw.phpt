--TEST--
Who waited for a file that ended in an exception sees it as included, as plain PHP does
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
$file = __DIR__ . '/include_once_threw.tmp.php';
file_put_contents($file, '<?php echo "run\n"; turns(20); throw new Exception("half way");');
$a = go(function () use ($file) {
    try {
        require_once $file;
    } catch (Exception $e) {
        echo "thrown\n";
        return $e->getMessage();
    }
});
$b = go(function () use ($file) {
    $value = require_once $file;
    echo "waited\n";
    return $value;
});
var_dump($a->join(), $b->join());
?>
--CLEAN--
<?php
@unlink(__DIR__ . '/include_once_threw.tmp.php');
?>
--EXPECT--
run
thrown
waited
string(8) "half way"
bool(true)
