--TEST--
CONTRACT 18: php -a works as ever, and is a command line: coroutines run, at the latest at its end
--SKIPIF--
<?php
if (!extension_loaded('readline')) exit('skip needs ext/readline');
?>
--FILE--
<?php
require __DIR__ . '/../include/sapi.inc';
use function Tusk\Tests\{php_with_tusk, said};

echo said([...php_with_tusk(), '-a'], input: <<<'PHP'
    echo "a line\n";
    $c = Tusk\go(function () { Tusk\sleep(0.001); return 5; });
    echo $c->join(), "\n";
    Tusk\go(function () { Tusk\sleep(0.001); echo "what was left\n"; });
    echo "the last line\n";

    PHP);
?>
--EXPECT--
Interactive shell

a line
5
the last line
what was left
-> 0
