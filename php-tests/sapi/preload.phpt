--TEST--
CONTRACT 18: opcache.preload works as ever; its script cannot spawn, what it declares can
--SKIPIF--
<?php
if (!extension_loaded('Zend OPcache')) exit('skip needs opcache');
?>
--FILE--
<?php
require __DIR__ . '/../include/sapi.inc';
use function Tusk\Tests\{php_with_tusk, said, temporary_folder};

$script = temporary_folder() . '/preload.php';
file_put_contents($script, <<<'PHP'
    <?php
    function preloaded(): Tusk\Coroutine
    {
        return Tusk\go(function () {
            Tusk\sleep(0.001);
            return 'a coroutine of preloaded code';
        });
    }
    try {
        Tusk\go(fn () => 1);
    } catch (Tusk\UnsupportedException $e) {
        echo $e->getMessage(), "\n";
    }
    usleep(1);
    PHP);
echo said([...php_with_tusk(), '-d', 'opcache.enable=1', '-d', 'opcache.enable_cli=1', '-d', "opcache.preload=$script",
    '-r', 'echo preloaded()->join(), "\n";']);
?>
--EXPECT--
coroutines need the command line SAPI: under FPM, Apache and preloading a request must not outlive its script; start the script with php-cli (workerman does)
a coroutine of preloaded code
-> 0
