--TEST--
An extension that handles exit() itself, and starts first, still does; an exit() that it prevents is none
--SKIPIF--
<?php
if (PHP_VERSION_ID >= 80400) exit('skip exit() is a function from PHP 8.4 on');
if (!trim((string) shell_exec('command -v cc'))) exit('skip needs a C compiler (cc)');
if (extension_loaded('pdo_dblib')) exit('skip ext/pdo_dblib is loaded, whose name the extension of this test has');
if (!trim((string) shell_exec('command -v php-config'))) exit("skip needs PHP's headers (php-config)");
if (trim((string) shell_exec('php-config --vernum')) !== (string) PHP_VERSION_ID) exit("skip the headers are another PHP's");
?>
--FILE--
<?php
require __DIR__ . '/../include/process.inc';
$folder = Tusk\Tests\temporary_folder();
file_put_contents("$folder/first.c", <<<'C'
    #include "php.h"
    static int on_exit_opcode(zend_execute_data *execute_data)
    {
        zval *allowed = zend_hash_str_find_ind(&EG(symbol_table), "allowed", sizeof("allowed") - 1);
        php_printf("handled\n");
        if (allowed && Z_TYPE_P(allowed) == IS_TRUE) {
            return ZEND_USER_OPCODE_DISPATCH;
        }
        execute_data->opline++;
        return ZEND_USER_OPCODE_CONTINUE;
    }
    static PHP_MINIT_FUNCTION(first)
    {
        return zend_set_user_opcode_handler(ZEND_EXIT, on_exit_opcode);
    }
    /* Of those with this name Tusk knows that they start before it. */
    zend_module_entry first_module_entry = {
        STANDARD_MODULE_HEADER, "pdo_dblib", NULL, PHP_MINIT(first), NULL, NULL, NULL, NULL, "1", STANDARD_MODULE_PROPERTIES
    };
    ZEND_GET_MODULE(first)
    C);
passthru("cc -shared -fPIC \$(php-config --includes) -o $folder/first.so $folder/first.c 2>&1");
$script = <<<'PHP'
    $allowed = false;
    exit;
    echo "not ended\n";
    // Coroutines are waited for at the end of a script that exit() has not ended.
    Tusk\go(static function () {
        try {
            Tusk\sleep(0.001);
            echo "waited for\n";
        } catch (Tusk\CancelledException) {
            echo "cancelled\n";
        }
    });
    if ($argc > 1) {
        Tusk\sleep(0);
        $allowed = true;
        exit;
    }
    PHP;
$command = getenv('TUSK_PHP') . " -d extension=$folder/first.so";
foreach (['', ' -- allowed'] as $arguments) {
    passthru("$command -r " . escapeshellarg($script) . "$arguments 2>&1");
    echo "--\n";
}
?>
--EXPECT--
handled
not ended
waited for
--
handled
not ended
handled
cancelled
--
