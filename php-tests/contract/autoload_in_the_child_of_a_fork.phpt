--TEST--
In the child of a fork, a class that a coroutine of the parent was loading is loaded anew
--SKIPIF--
<?php
if (!extension_loaded("pcntl") || !extension_loaded("posix")) exit("skip needs ext/pcntl and ext/posix");
?>
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;

$file = __DIR__ . '/autoload_in_the_child.tmp.php';
file_put_contents($file, '<?php turns(20); if (!function_exists("of_the_file")) { function of_the_file() { return "whole"; } }');
spl_autoload_register(function (string $class) {
    turns(20);
    eval("class $class { const FROM = 'the autoloader'; }");
});
go(fn () => Slow::FROM);
go(fn () => require_once $file);
turns(3);
$child = pcntl_fork();
if ($child === 0) {
    $start = hrtime(true);
    echo Slow::FROM, "\n";
    var_dump(require_once $file, hrtime(true) - $start < 5e9);
    posix_kill(getmypid(), SIGKILL);
}
pcntl_waitpid($child, $status);
echo Slow::FROM, ' ', (require_once $file) ? of_the_file() : '', "\n";
?>
--CLEAN--
<?php
@unlink(__DIR__ . '/autoload_in_the_child.tmp.php');
?>
--EXPECT--
the autoloader
bool(true)
bool(true)
the autoloader whole
